# SPDX-License-Identifier: MIT
# Each target does its own set-up; on Debian 12 with the Swift toolchain nothing else is needed.
SWIFT_FLAGS := --explicit-target-dependency-import-check error
RELEASE := -c release --static-swift-stdlib $(SWIFT_FLAGS)
SUDO := $(if $(filter 0,$(shell id -u)),,sudo)
BINARY := .build/release/sluice

.PHONY: setup build run test bench fuzz lint install clean

# Packages to build and run with, and the lab's servers, unpacked beside the build.
setup:
	@Packaging/setup
	@Packaging/lab/fetch-servers

build: setup
	swift build $(RELEASE)

# The main job, shown in a lab of network namespaces that is gone afterwards.
run: build
	@$(SUDO) $(BINARY) lab -- Packaging/lab/main-job

test: build lint
	swift build --build-tests $(SWIFT_FLAGS)
	@Packaging/run-tests

# Figures beside those of other servers, for README's tables: a quarter of an hour, on a machine that does nothing else.
bench: build
	@$(SUDO) Packaging/bench/resolver
	@$(SUDO) Packaging/bench/rules
	@$(SUDO) Packaging/bench/steer

# libFuzzer over every way in, RUNS inputs each, or TARGETS="messages rules"; what is found goes to .build-fuzz/found. Ten million take hours.
RUNS ?= 1000000
fuzz: setup
	@Packaging/fuzz $(RUNS) $(TARGETS)

lint:
	swift format lint --strict --recursive --parallel Sources Tests Package.swift

install: build
	$(SUDO) install -D -m 755 $(BINARY) $(DESTDIR)/usr/local/bin/sluice
	$(SUDO) install -D -m 755 Packaging/systemd/block $(DESTDIR)/usr/local/lib/sluice/block
	$(SUDO) install -D -m 644 Packaging/systemd/block-all.nft $(DESTDIR)/usr/local/lib/sluice/block-all.nft
	$(SUDO) install -D -m 644 -t $(DESTDIR)/usr/local/lib/systemd/system Packaging/systemd/sluice.service Packaging/systemd/sluice-block.service

clean:
	rm -rf .build .build-fuzz
