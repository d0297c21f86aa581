-- SPDX-License-Identifier: MIT
-- beadle.lti.nonces: used once and never twice, in memory and in a file; what is old goes away.

local fs = require "beadle.fs"
local nonces = require "beadle.lti.nonces"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

local NOW = 1700000000
local folder

test.before_each(function()
  folder = os.tmpname()
  os.remove(folder)
end)

test.after_each(function()
  for _, name in ipairs { "/n.sqlite", "/n.sqlite-journal", "/n.sqlite-turn", "/link", "" } do
    os.remove(folder .. name)
  end
end)

local KINDS = {
  { "in memory", function() return nonces.open {} end },
  { "in a table", function() return nonces.open { table = {} } end },
  { "in a file", function() return nonces.open { path = folder .. "/n.sqlite" } end },
}

for _, kind in ipairs(KINDS) do
  describe("a nonce " .. kind[1], function()
    local open = kind[2]

    it("is used once", function()
      local store <close> = open()
      equal(store:use("consumer", "n", NOW + 300, NOW), true)
      equal(store:use("consumer", "n", NOW + 300, NOW), false)
      equal(store:use("consumer", "n", NOW + 400, NOW + 299), false)
      equal(store:use("consumer", "m", NOW + 300, NOW), true)
      equal(store:use("consume", "rn", NOW + 300, NOW), true)
      equal(store:use("other", "n", NOW + 300, NOW), true)
      equal(store:use("", "\0", NOW + 300, NOW), true)
      equal(store:use("", "\0\0", NOW + 300, NOW), true)
      equal(store:use("", "", NOW + 300, NOW), true)
    end)

    it("may be used again when it has expired", function()
      local store <close> = open()
      equal(store:use("consumer", "n", NOW + 300, NOW), true)
      equal(store:use("consumer", "n", NOW + 600, NOW + 300), false)
      equal(store:use("consumer", "n", NOW + 601, NOW + 301), true)
      equal(store:use("consumer", "n", NOW + 601, NOW + 301), false)
    end)

    it("that has expired already is not used", function()
      local store <close> = open()
      equal(store:use("consumer", "n", NOW - 1, NOW), false)
      equal(store:use("consumer", "n", NOW, NOW), true)
    end)

    it("has the run's clock unless told otherwise", function()
      local store <close> = open()
      equal(store:use("consumer", "n", NOW), false)
      equal(store:use("consumer", "n", require "beadle.time".now() + 10), true)
    end)

    it("that cannot be one is refused", function()
      local store <close> = open()
      for _, wrong in ipairs { { nil, "n", NOW, NOW }, { "c", "n", nil, NOW }, { "c", "n", 0 / 0, NOW } } do
        test.raises(nil, store.use, store, table.unpack(wrong, 1, 4))
      end
    end)

    it("of a store that is closed is an error", function()
      local store = open()
      store:close()
      store:close()
      test.raises("argument", store.use, store, "consumer", "n", NOW + 300, NOW)
    end)
  end)
end

describe("a table of nonces", function()
  it("is all that is known, and may be kept and put back", function()
    local kept = {}
    equal(nonces.open { table = kept }:use("consumer", "n", NOW + 300, NOW), true)
    equal(nonces.open { table = kept }:use("consumer", "n", NOW + 300, NOW), false)
    local copy = {}
    for key, value in pairs(kept) do
      equal(type(key), "string")
      copy[key] = value
    end
    local store = nonces.open { table = copy }
    equal(store:use("consumer", "n", NOW + 300, NOW), false)
    for key in pairs(copy) do
      copy[key] = nil -- by its owner
    end
    equal(store:use("consumer", "n", NOW + 300, NOW), true)
  end)

  it("loses what is old while new ones come", function()
    local kept = {}
    local store = nonces.open { table = kept }
    local function count()
      local n = 0
      for _ in pairs(kept) do
        n = n + 1
      end
      return n
    end
    for i = 1, 5000 do
      store:use("consumer", "old" .. i, NOW + 300, NOW)
    end
    equal(count(), 5000)
    for i = 1, 2500 do
      store:use("consumer", "new" .. i, NOW + 900, NOW + 301)
    end
    test.truthy(count() < 2600)
    for i = 1, 2500 do
      equal(store:use("consumer", "new" .. i, NOW + 900, NOW + 301), false)
    end
  end)
end)

describe("a file of nonces", function()
  local function path()
    return folder .. "/n.sqlite"
  end

  it("knows what another store has used", function()
    local one <close> = nonces.open { path = path() }
    local two <close> = nonces.open { path = path() }
    equal(one:use("consumer", "a", NOW + 300, NOW), true)
    equal(two:use("consumer", "a", NOW + 300, NOW), false)
    equal(two:use("consumer", "b", NOW + 300, NOW), true)
    equal(one:use("consumer", "b", NOW + 300, NOW), false)
  end)

  it("knows it after it was closed", function()
    do
      local store <close> = nonces.open { path = path() }
      store:use("consumer", "a", NOW + 300, NOW)
    end
    local store <close> = nonces.open { path = path() }
    equal(store:use("consumer", "a", NOW + 300, NOW), false)
  end)

  it("does not grow with what is old, and says so when the clock goes back", function()
    local store <close> = nonces.open { path = path() }
    for i = 1, 200 do -- each of them waits for the disk
      equal(store:use("consumer", "old" .. i, NOW + 300, NOW), true)
    end
    local size = #fs.read(path())
    for round = 1, 3 do
      for i = 1, 100 do
        equal(store:use("consumer", "r" .. round .. "-" .. i, NOW + round * 1000 + 300, NOW + round * 1000), true)
      end
    end
    test.truthy(#fs.read(path()) <= size * 1.25)
    local err = test.raises("io", store.use, store, "consumer", "old1", NOW + 300, NOW)
    test.match(err.message, "clock went back")
    equal(store:use("consumer", "young", NOW + 9000, NOW), true)
  end)

  it("that is no store is refused and not touched", function()
    nonces.open({ path = path() }):close()
    fs.write(path(), ("not a database "):rep(1000))
    local err = test.raises("io", nonces.open, { path = path() })
    test.match(err.message, "n.sqlite")
    equal(fs.read(path()), ("not a database "):rep(1000))
  end)

  it("has one place or the other", function()
    test.raises("argument", nonces.open, { path = path(), table = {} })
    test.raises("argument", nonces.open, { pth = path() })
  end)
end)

test.run()
