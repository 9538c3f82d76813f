# SPDX-License-Identifier: MIT
# Certificates for tests of encrypted servers, in the folder $1: an authority (ca.pem), and signed by it good (good.test, 203.0.113.20,
# 10.20.0.9, 127.0.0.1, 2001:db8:203::20), other (another name and address) and expired; and alone, signed by itself.
set -eu
cd "$1"
quietly() { "$@" >>openssl.log 2>&1 || { cat openssl.log >&2; exit 1; }; }
key() { quietly openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }

key ca
quietly openssl req -x509 -new -key ca.key -days 30 -subj "/CN=a lab's authority" -out ca.pem
touch index
echo 01 >serial
cat >ca.conf <<CONF
[ca]
default_ca = here
[here]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
CONF
# Signed from day to day, as openssl writes it.
signed() { # NAME SAN FROM TO
    key "$1"
    quietly openssl req -new -key "$1.key" -subj "/CN=$1" -addext "subjectAltName=$2" -out "$1.csr"
    quietly openssl ca -batch -config ca.conf -cert ca.pem -keyfile ca.key -in "$1.csr" -out "$1.pem" -startdate "$3" -enddate "$4" -notext
}
from=$(date -u -d '-2 days' +%Y%m%d%H%M%SZ)
to=$(date -u -d '+20 days' +%Y%m%d%H%M%SZ)
mine=DNS:good.test,IP:203.0.113.20,IP:10.20.0.9,IP:127.0.0.1,IP:2001:db8:203::20
signed good "$mine" "$from" "$to"
signed other DNS:other.test,IP:192.0.2.77 "$from" "$to"
signed expired "$mine" "$from" "$(date -u -d '-1 hour' +%Y%m%d%H%M%SZ)"
key alone
quietly openssl req -x509 -new -key alone.key -days 30 -subj "/CN=alone" -addext "subjectAltName=$mine" -out alone.pem
# What a pin is made of: the public key as it stands in the certificate.
pin() { openssl x509 -in "$1.pem" -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64; }
pin alone >alone.pin
pin good >good.pin
