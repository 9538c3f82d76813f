# SPDX-License-Identifier: MIT
# In 10,000 answers for new tunnel names, not one reaches the client before its address is in the kernel's set.
. "$(dirname "$0")/claims.sh"

contains "10,000 answers" "ok 10000 answers" "$("$SLUICE_PROBE" order 10000)"
elements=$(nft list set inet sluice tunnel4 | tr ',' '\n' | grep -c '198\.18\.')
same "the set holds all of them" 10000 "$elements"
same "and none of them ends by itself" 0 "$(nft list set inet sluice tunnel4 | grep -c timeout)"
