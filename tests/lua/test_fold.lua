-- SPDX-License-Identifier: MIT
-- beadle.fold: texts that are compared without accents and case.

local fold = require "beadle.fold"
local people = require "beadle.sandbox.people"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

describe("a text", function()
  it("loses its accents and capitals", function()
    for given, wanted in pairs {
      ["é"] = "e", ["É"] = "e", ["Ł"] = "l", ["ł"] = "l", ["ß"] = "ss", ["ẞ"] = "ss", ["œ"] = "oe", ["Œ"] = "oe",
      ["ï"] = "i", ["Æ"] = "ae", ["ø"] = "o", ["Đ"] = "d", ["þ"] = "th", ["ç"] = "c", ["ñ"] = "n", ["İ"] = "i",
      ["ı"] = "i", ["ÿ"] = "y", ["Ÿ"] = "y", ["ș"] = "s", ["ţ"] = "t", ["ơ"] = "o", ["Ữ"] = "u", ["ǆ"] = "dz",
      ["ﬁ"] = "fi", ["Ǻ"] = "a", ["ẖ"] = "h", ["A"] = "a",
    } do
      equal(fold.text(given), wanted)
    end
    equal(fold.text "L'ÉLÈVE Łukasz à l'Œuvre", "l'eleve lukasz a l'oeuvre")
  end)

  it("is the same whether an accent is part of a letter or follows it", function()
    equal(fold.text "Noe\u{308}l", fold.text "Noël")
    equal(fold.text "I\u{307}stanbul", "istanbul")
    equal(fold.text "a\u{323}\u{302}", fold.text "ậ")
  end)

  it("has one kind of apostrophe, dash and space", function()
    equal(fold.text "D’Arc", "d'arc")
    equal(fold.text "Anne–Sophie", "anne-sophie")
    equal(fold.text " Le\u{A0} \tBrun ", "le brun")
    equal(fold.text "zero\u{200B}width", "zerowidth")
  end)

  it("of ASCII stays but for capitals", function()
    equal(fold.text "Ada.Lovelace+exam@Example.org", "ada.lovelace+exam@example.org")
    equal(fold.text "", "")
  end)

  it("in another script, or broken, is passed on", function()
    equal(fold.text "Ελένη", "Ελένη")
    equal(fold.text "Анна", "Анна")
    equal(fold.text "中村", "中村")
    equal(fold.text "a\xFFb\xC3", "a\xFFb\xC3")
  end)

  it("that was folded stays as it is", function()
    for _, person in ipairs(people.students) do
      local once = fold.text(person.last_name .. " " .. person.first_name)
      equal(fold.text(once), once)
      test.falsy(once:find "[^%w' ]")
    end
  end)
end)

describe("a name", function()
  it("is the same in any order of its parts", function()
    equal(fold.name("NOËL", "Amélie"), fold.name "Amélie Noel")
    equal(fold.name("Łaski", "Oskar"), "laski oskar")
  end)

  it("is the same with a dash, an apostrophe or a space", function()
    equal(fold.name("D'Exemple", "Anne-Sophie"), fold.name("d exemple", "ANNE SOPHIE"))
    equal(fold.name("D’Exemple", "Zoé"), fold.name("D'EXEMPLE", "Zoe"))
  end)

  it("of which a part is missing is what is left", function()
    equal(fold.name("Martin", nil), "martin")
    equal(fold.name(nil, nil), "")
  end)

  it("of two people differs", function()
    test.truthy(fold.name("Martin", "Anne") ~= fold.name("Martin", "Anna"))
  end)
end)

test.run()
