---@meta _
-- SPDX-License-Identifier: MIT
-- What files of tests have besides, under `beadle test`.

--- What a test finds wrong. A dot and an underscore mean the same; `is`, `are`, `has`, `was` only make it readable.
---@class beadle.testing.assert
---@overload fun(value: any, message?: any, ...: any): any
---@field [string] any
---@field equal fun(expected: any, actual: any, message?: any)
---@field same fun(expected: any, actual: any, message?: any) equal all the way down
---@field is_true fun(value: any, message?: any)
---@field is_false fun(value: any, message?: any)
---@field is_nil fun(value: any, message?: any)
---@field truthy fun(value: any, message?: any)
---@field falsy fun(value: any, message?: any)
---@field near fun(expected: number, actual: number, tolerance: number, message?: any)
---@field matches fun(pattern: string, text: string, message?: any)
---@field contains fun(whole: string|any[], part: any, message?: any)
---@field unique fun(list: any[], message?: any)
---@field has_error fun(fn: function, wanted?: any): any
---@field error_matches fun(fn: function, pattern: string): any
---@field calls fun(operation: string, count?: integer) the operation was called so often in this test
---@field mails fun(count: integer, fields?: table) the sandbox has seen so many e-mails
assert = {}

---@class beadle.testing.result
---@field status integer
---@field out string
---@field err string
---@field error? beadle.error.value
---@field files? table<string, string>

--- Runs a script or recipe as `beadle run` would, against the sandbox and the clock of the test.
---@param path string
---@param arguments? any[]
---@param options? { files?: table<string, string>, stdin?: string }
---@return beadle.testing.result
function run(path, arguments, options) end

---@type beadle.sandbox
sandbox = nil

---@param name string
---@param fn fun()
function describe(name, fn) end

---@param name string
---@param fn fun()
function context(name, fn) end

---@param name string
---@param fn fun()
function insulate(name, fn) end

---@param name string
---@param fn fun()
function expose(name, fn) end

---@param name string
---@param fn fun()
function it(name, fn) end

---@param name string
---@param fn fun()
function spec(name, fn) end

---@param name string
---@param fn fun()
function test(name, fn) end

--- A test that is to be written; within a test, why it ends here.
---@param name string
---@param fn? fun()
function pending(name, fn) end

---@param fn fun()
function before_each(fn) end

---@param fn fun()
function after_each(fn) end

---@param fn fun()
function setup(fn) end

---@param fn fun()
function teardown(fn) end

---@param fn fun()
function finally(fn) end

---@param fn fun()
function lazy_setup(fn) end

---@param fn fun()
function strict_setup(fn) end

---@param fn fun()
function lazy_teardown(fn) end

---@param fn fun()
function strict_teardown(fn) end

---@class beadle.testing.spy
---@field [string] any
---@overload fun(...: any): any
spy = {}

---@class beadle.testing.stub
---@field [string] any
---@overload fun(owner: table, name: string, ...: any): any
stub = {}
