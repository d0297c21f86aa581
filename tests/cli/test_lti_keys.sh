#!/bin/sh
# SPDX-License-Identifier: MIT
# beadle lti keys: makes, lists, rotates and drops keys; nothing private is ever printed or readable by others.
. "$(dirname "$0")/lib.sh"
XDG_STATE_HOME=$work/state
export XDG_STATE_HOME
keys=$work/state/beadle/lti

run lti keys
verdict "without a key, the list says how to make one" out_has "beadle lti keys make"
verdict "and makes no folder" [ ! -e "$work/state" ]
run lti keys rotate
verdict "nothing can be rotated yet" is_status 2
verdict "which is said" err_has "there is no key"
run lti keys --jwks
verdict "the key set is empty" out_is '{"keys":[]}'

(umask 000 && "$BEADLE" lti keys make >out 2>err)
status=$?
verdict "a key is made" is_status 0
first=$(sed -n 's/^Made \([A-Za-z0-9_-]*\) .*/\1/p' out)
verdict "and named" [ ${#first} -eq 43 ]
verdict "its file is its owner's, whatever the umask" [ "$(stat -c %a "$keys"/*.pem)" = 600 ]
verdict "and its folder too" [ "$(stat -c %a "$keys")" = 700 ]
run lti keys make
verdict "make makes the first key only" is_status 2
verdict "and says how the next is made" err_has "beadle lti keys rotate"

run lti keys rotate --bits 3072
second=$(sed -n 's/^Made \([A-Za-z0-9_-]*\)\..*/\1/p' out)
verdict "a key is rotated" [ ${#second} -eq 43 ]
run lti keys list
verdict "the new key signs" grep -q "^$second  3072 bits  .*  signs$" out
verdict "the old one stays published" grep -q "^$first  2048 bits  .*  published$" out
run lti keys --jwks
"$BEADLE" -e 'local set = require("beadle.json").decode(io.read "a")
  for _, key in ipairs(set.keys) do
    assert(key.kty == "RSA" and key.use == "sig" and key.alg == "RS256" and key.e and key.n and not key.d)
    assert(require("beadle.lti.keys").from_jwk(key):kid() == key.kid)
    print(key.kid)
  end' <out >kids
verdict "the key set has both, the one that signs first" [ "$(cat kids)" = "$second
$first" ]
run -e 'local keyring = require "beadle.lti.keyring"
  local jwt = require "beadle.lti.jwt"
  local now = os.time()
  local token = jwt.sign({ iss = "i", aud = "a", exp = now + 60, iat = now, nonce = "n" }, keyring.signer())
  assert(jwt.verify(token, { keys = keyring.jwks(), issuer = "i", audience = "a", nonce = "n" }))
  print(jwt.read(token).kid)'
verdict "what it signs is checked by the key set" out_is "$second"

run lti keys --drop "$second"
verdict "the key that signs cannot be dropped" is_status 1
verdict "which is said" err_has "is the key that signs"
run lti keys --drop "$first"
verdict "an old key is dropped" is_status 0
run lti keys --jwks
verdict "and no longer published" sh -c "! grep -q '$first' out"
verdict "but the other is" out_has "$second"
run lti keys --drop "$first"
verdict "once" err_has "there is no key $first"
run lti keys rotate --drop "$second"
verdict "a key is rotated and the old one dropped in one step" [ "$(ls "$keys" | wc -l)" -eq 1 ]

# What could give a key away.
chmod 640 "$keys"/*.pem
run lti keys --jwks
verdict "a key that others may read is not used" is_status 1
verdict "and the way out is named" err_has "chmod 600"
chmod 600 "$keys"/*.pem
chmod 777 "$keys"
run lti keys list
verdict "nor one where others may put another" err_has "others may write in this folder"
chmod 700 "$keys"
file=$(ls "$keys"/*.pem)
mv "$file" elsewhere.pem
ln -s "$work/elsewhere.pem" "$file"
run lti keys list
verdict "nor a link" err_has "it is a link"
rm "$file"
sed 's/^\(.....\)/\1x/' elsewhere.pem >"$file"
chmod 600 "$file"
run lti keys list
verdict "nor what is no key" err_has "cannot be used"
verdict "of which nothing is shown" sh -c '! grep -q "$(sed -n 2p "$1" | cut -c 8-40)" err' _ "$file"

run lti keys make --dir other
verdict "keys may be elsewhere" [ "$(ls other | wc -l)" -eq 1 ]
run -e 'print(require("beadle.lti.keyring").signer("other"):pem())'
verdict "a private key does not become text" out_is "[secret private key]"

for wrong in "lti" "lti key" "lti keys lst" "lti keys make list" "lti keys make --bits 1024" "lti keys --bits 2048" \
  "lti keys make --drop x" "lti keys --dri x"; do
  # shellcheck disable=SC2086
  run $wrong
  verdict "beadle $wrong is refused" is_status 2
done
run lti_keys
verdict "a part of a command is no command" is_status 2
run lti --help
verdict "the commands are listed" out_has "keys "
run --help
verdict "and lti is one of beadle" sh -c 'grep -q "beadle lti" out && ! grep -q lti_keys out'

finish
