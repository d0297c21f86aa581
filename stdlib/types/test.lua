---@meta beadle.test
-- SPDX-License-Identifier: MIT

--- Tests that are scripts by themselves.
-- Not for scripts: use.
---@class beadle.test
---@field limit number seconds that a test may last; 60 unless told
local test = {}

--- A group of tests.
---@param name string
---@param fn fun()
function test.describe(name, fn) end

---@param name string
---@param fn fun()
function test.it(name, fn) end

--- Runs before each test of the group.
---@param fn fun()
function test.before_each(fn) end

---@param fn fun()
function test.after_each(fn) end

--- The same value; integers and floats differ.
---@param actual any
---@param expected any
function test.equal(actual, expected) end

--- Equal all the way down.
---@param actual any
---@param expected any
function test.same(actual, expected) end

---@param value any
function test.truthy(value) end

---@param value any
function test.falsy(value) end

---@param text string
---@param pattern string
function test.match(text, pattern) end

---@param text string
---@param wanted string
function test.contains(text, wanted) end

---@param text string
---@param unwanted string
function test.lacks(text, unwanted) end

--- That it fails, and with this kind of error; nil: any.
---@param kind beadle.error.kind?
---@param fn function
---@param ... any arguments of fn
---@return beadle.error.value
function test.raises(kind, fn, ...) end

--- Runs all, and leaves with exit status 1 when one failed.
function test.run() end

return test
