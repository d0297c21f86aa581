-- SPDX-License-Identifier: MIT
-- Functions that remember how they were called, in luassert's vocabulary. For files of tests: spy, stub.
--
--   local s = spy.new(function(x) return x + 1 end)   s(1)   assert.spy(s).was.called(1)
--   spy.on(module, "name")                            module.name is a spy of itself until the test ends
--   stub(module, "name")                              does nothing; stub(module, "name").returns(42)

local M = {}

-- Puts back what `on` and `stub` have replaced; called after each test.
local replaced = {}

local Spy = {}
Spy.__index = Spy

function Spy:__call(...)
  local call = table.pack(...)
  self.calls[#self.calls + 1] = call
  return self.fn(...)
end

function Spy:revert()
  if self.owner then
    self.owner[self.name] = self.original
    self.owner = nil
  end
end

function Spy:clear()
  self.calls = {}
end

local function new(fn)
  return setmetatable({ fn = fn, calls = {} }, Spy)
end

local function replace(owner, name, fn)
  local made = new(fn)
  made.owner, made.name, made.original = owner, name, owner[name]
  owner[name] = made
  replaced[#replaced + 1] = made
  return made
end

function M.is(value)
  return getmetatable(value) == Spy
end

function M.revert_all()
  for index = #replaced, 1, -1 do
    replaced[index]:revert()
  end
  replaced = {}
end

M.spy = { new = new, is_spy = M.is }

function M.spy.on(owner, name)
  return replace(owner, name, owner[name])
end

M.stub = setmetatable({}, { __call = function(_, owner, name, ...)
  local results = table.pack(...)
  local made = replace(owner, name, function() return table.unpack(results, 1, results.n) end)
  made.returns = function(...)
    results = table.pack(...)
    return made
  end
  return made
end })

return M
