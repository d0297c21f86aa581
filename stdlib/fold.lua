-- SPDX-License-Identifier: MIT
-- beadle.fold: texts in the form in which they are compared, when accents, case and spelling of dashes and
-- apostrophes shall not matter. For Latin letters; those of other scripts stay as they are.
--
--   local fold = require "beadle.fold"
--   fold.text "Łódź, Straße"              lodz, strasse
--   fold.name("NOËL", "Anne-Sophie")      anne noel sophie
--
-- A letter loses its marks, whether they are part of the letter or follow it. An umlaut becomes its plain vowel,
-- ü to u, as most people write it who do not have it; "ue" stays "ue".

local M = {}

-- What becomes of letters outside ASCII.
local LETTERS = {
  a = "ÀÁÂÃÄÅàáâãäåĀāĂăĄąǍǎǞǟǠǡǺǻȀȁȂȃȦȧḀḁẠạẢảẤấẦầẨẩẪẫẬậẮắẰằẲẳẴẵẶặ",
  b = "ƀƁɃḂḃḄḅḆḇ",
  c = "ÇçĆćĈĉĊċČčḈḉ",
  d = "ÐðĎďĐđƉƊḊḋḌḍḎḏḐḑḒḓ",
  e = "əÈÉÊËèéêëĒēĔĕĖėĘęĚěƏȄȅȆȇȨȩḔḕḖḗḘḙḚḛḜḝẸẹẺẻẼẽẾếỀềỂểỄễỆệ",
  f = "ƑƒḞḟ",
  g = "ĜĝĞğĠġĢģǤǥǦǧǴǵḠḡ",
  h = "ĤĥĦħȞȟḢḣḤḥḦḧḨḩḪḫẖ",
  i = "ÌÍÎÏìíîïĨĩĪīĬĭĮįİıƗǏǐȈȉȊȋḬḭḮḯỈỉỊị",
  j = "Ĵĵǰ",
  k = "ĶķĸƘƙǨǩḰḱḲḳḴḵ",
  l = "ĹĺĻļĽľĿŀŁłḶḷḸḹḺḻḼḽ",
  m = "ḾḿṀṁṂṃ",
  n = "ÑñŃńŅņŇňŉǸǹṄṅṆṇṈṉṊṋ",
  o = "ÒÓÔÕÖØòóôõöøŌōŎŏŐőƠơǑǒǪǫǬǭǾǿȌȍȎȏȪȫȬȭȮȯȰȱṌṍṎṏṐṑṒṓỌọỎỏỐốỒồỔổỖỗ"
    .. "ỘộỚớỜờỞởỠỡỢợ",
  p = "ṔṕṖṗ",
  r = "ŔŕŖŗŘřȐȑȒȓṘṙṚṛṜṝṞṟ",
  s = "ŚśŜŝŞşŠšſȘșṠṡṢṣṤṥṦṧṨṩẛ",
  t = "ŢţŤťŦŧȚțṪṫṬṭṮṯṰṱẗ",
  u = "ÙÚÛÜùúûüŨũŪūŬŭŮůŰűŲųƯưǓǔǕǖǗǘǙǚǛǜȔȕȖȗṲṳṴṵṶṷṸṹṺṻỤụỦủỨứỪừỬửỮữỰự",
  v = "ṼṽṾṿ",
  w = "ŴŵẀẁẂẃẄẅẆẇẈẉẘ",
  x = "ẊẋẌẍ",
  y = "ÝýÿŶŷŸȲȳẎẏẙỲỳỴỵỶỷỸỹ",
  z = "ŹźŻżŽžƵƶẐẑẒẓẔẕ",
  ae = "ÆæǢǣǼǽ",
  dz = "ǄǅǆǱǲǳ",
  ff = "ﬀ",
  fi = "ﬁ",
  fl = "ﬂ",
  ij = "Ĳĳ",
  lj = "Ǉǈǉ",
  ng = "Ŋŋ",
  nj = "Ǌǋǌ",
  oe = "Œœ",
  ss = "ßẞ",
  st = "ﬅﬆ",
  th = "Þþ",
  ffi = "ﬃ",
  ffl = "ﬄ",
}

-- Signs that stand for one of ASCII, and spaces.
local SIGNS = {
  ["'"] = "’‘ʼ´`′", ["-"] = "‐‑‒–—−", [" "] = "\u{A0}\u{2007}\u{2009}\u{202F}\u{3000}",
  [""] = "\u{AD}\u{200B}\u{200C}\u{200D}\u{FEFF}",
}

local folded = {}

for _, map in ipairs { LETTERS, SIGNS } do
  for plain, signs in pairs(map) do
    for sign in signs:gmatch(utf8.charpattern) do
      folded[sign] = plain
    end
  end
end

local function without_marks(text)
  return (text:gsub("\xCC[\x80-\xBF]", ""):gsub("\xCD[\x80-\xAF]", "")) -- U+0300 to U+036F follow their letter
end

-- text(text) -> the text without accents and capitals, its spaces single and none at the ends.
function M.text(text)
  text = without_marks(text):gsub(utf8.charpattern, folded):lower()
  return text:gsub("%s+", " "):match "^ ?(.-) ?$"
end

-- name(...) -> all words of these texts, folded and in order of the alphabet: whether the surname stands first,
-- and whether a name is written with a dash or an apostrophe, does not matter.
function M.name(...)
  local words = {}
  for index = 1, select("#", ...) do
    local text = select(index, ...)
    for word in M.text(text or ""):gsub("%p", " "):gmatch "%S+" do
      words[#words + 1] = word
    end
  end
  table.sort(words)
  return table.concat(words, " ")
end

return M
