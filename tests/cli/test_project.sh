#!/bin/sh
# SPDX-License-Identifier: MIT
# Projects: beadle init, the recipes that come with beadle, beadle new.
. "$(dirname "$0")/lib.sh"

run init shop
verdict "a project is made" is_status 0
for file in .luarc.json .luacheckrc .gitignore beadle.conf.lua.example enroll.lua test_enroll.lua \
  .beadle/types/async.lua; do
  verdict "with $file" test -s "shop/$file"
done
verdict "its settings for editors are JSON" "$BEADLE" -e '
  local settings = beadle.json.decode(beadle.fs.read "shop/.luarc.json")
  assert(settings["workspace.library"][1] == ".beadle/types")'
cp -r shop before
run init shop
verdict "once more changes nothing" diff -r before shop
verdict "and says so" out_has "0 made, 0 renewed"
cd shop || exit 1
run test
verdict "its test passes" is_status 0
run run enroll.lua --ema ada@example.org --fst_nam Ada --lst_nam Lovelace --tst_frm_id 101 --mai_tem_id 7
verdict "its example runs" is_status 0
run check enroll.lua
verdict "and has no mistakes" is_status 0
cp beadle.conf.lua.example beadle.conf.lua
chmod 600 beadle.conf.lua
run --profile live call isograd.list_available_credits
verdict "the example of a configuration is one" is_status 78
verdict "in which no vendor is named yet" err_has 'isograd'
for vendor in $("$BEADLE" -E -e 'for _, v in ipairs(require "beadle.catalogue".vendors()) do print(v) end'); do
  sed "/-- $vendor = {/,/-- },/s/-- //" beadle.conf.lua.example >beadle.conf.lua
  "$BEADLE" -E --config beadle.conf.lua --profile live -e "require 'beadle.config'.profiles()" >out 2>err
  status=$?
  verdict "the settings of $vendor in it are known" is_status 0
done
rm beadle.conf.lua
if command -v luacheck >/dev/null; then
  luacheck -q . >out 2>err
  status=$?
  verdict "luacheck finds nothing in it" is_status 0
fi
cd ..

run init --check shop
verdict "the annotations are this version's" is_status 0
echo "-- older" >>shop/.beadle/types/async.lua
run init --check shop
verdict "one that is older is found" is_status 1
rm shop/.beadle/types/async.lua
run init --check shop
verdict "so is one that is missing" is_status 1
head -1 shop/.beadle/types/csv.lua >shop/.beadle/types/gone.lua
echo "my own" >shop/.beadle/types/mine.lua
echo "mine" >shop/.luacheckrc
rm shop/enroll.lua
run init shop
verdict "what is missing comes back" cmp before/.beadle/types/async.lua shop/.beadle/types/async.lua
verdict "what no module has any more goes" test ! -e shop/.beadle/types/gone.lua
verdict "what somebody put there stays" test -e shop/.beadle/types/mine.lua
verdict "a file that was changed stays" sh -c '[ "$(cat shop/.luacheckrc)" = mine ]'
verdict "and that is said" out_has ".luacheckrc  is there and is not beadle's: left alone"
verdict "an example that somebody removed stays away" test ! -e shop/enroll.lua
mkdir -p here && cd here || exit 1
run init
verdict "without a folder it is this one" test -s .luarc.json
cd ..
echo x >file
run init file
verdict "a file is no folder" is_status 2
run init a b
verdict "and there is one at a time" is_status 2

# ------------------------------------------------------------------------------------------------
mkdir recipes && cd recipes || exit 1
run recipes
verdict "recipes are listed" out_has "register-candidate"
run recipes --json
"$BEADLE" -e '
  for _, recipe in ipairs(beadle.json.decode(beadle.fs.read "out").recipes) do
    assert(#recipe.summary > 0, recipe.name)
    print(recipe.name)
  end' >names
verdict "each with what it does" test "$(wc -l <names)" -ge 12
status=0
for recipe in $(cat names); do
  "$BEADLE" run "$recipe" --help >out 2>err || status=1
  verdict "$recipe runs by its name" grep -q "^Usage: beadle run $recipe" out
  "$BEADLE" new "my-$recipe.lua" --from "$recipe" >out 2>err || status=1
  "$BEADLE" check "my-$recipe.lua" >out 2>err || status=1
done
verdict "each can be copied, and the copy has no mistakes" is_status 0
run test
verdict "the copies pass their tests" is_status 0
verdict "of which each has some" sh -c '[ "$(grep -c "^test_my-" out)" -eq "$(wc -l <names)" ]'
sed -i 's/isograd.add_test {/isograd.add_tst {/' my-register-candidate.lua
run test test_my-register-candidate.lua
verdict "a copy that was broken does not pass" is_status 1

run new my-register-candidate.lua --from register-candidate
verdict "nothing is written over" err_has "my-register-candidate.lua is there already"
run new other.lua --from register-candidat
verdict "the nearest recipe is named" err_has "Did you mean register-candidate?"
verdict "and nothing was written" test ! -e other.lua
run new other --from register-candidate
verdict "a copy ends in .lua" is_status 2
run new other.lua
verdict "a copy is of something" is_status 2
cd ..

run run register-candidate --ema ada@example.org --fst_nam Ada --lst_nam Lovelace --tst_frm_id 101 --mai_tem_id 7
verdict "a recipe runs where it is no file" is_status 0
run register-candidate
verdict "without run it is told how" err_has '`beadle run register-candidate` runs it'
run run register-candidates
verdict "the nearest recipe is named there, too" err_has "did you mean the recipe register-candidate?"
echo 'print "mine"' >register-candidate.lua
run run register-candidate
verdict "a file of the name is not passed over" err_has "did you mean register-candidate.lua?"
echo 'print "mine"' >register-candidate
run run register-candidate
verdict "a file goes before a recipe" out_is mine
run run --help
verdict "run says how it is used" out_has "Usage: beadle [OPTIONS] run SCRIPT"

finish
