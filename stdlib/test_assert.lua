-- SPDX-License-Identifier: MIT
-- The asserts of tests, in luassert's vocabulary: assert.equal(expected, actual), assert.is_true(x),
-- assert.are_not.same(a, b), assert.has_no.errors(fn). Words such as is, are, has, a, was only make it readable;
-- no and not turn the meaning round; a dot and an underscore mean the same. assert(value, message) stays Lua's own.
-- A last argument that an assert does not know is a message that is shown with the failure.

local catalogue = require "beadle.catalogue"
local diff = require "beadle.test_diff"
local error_value = require "beadle.error"
local failure = require "beadle.test_failure"
local spy = require "beadle.test_spy"

local show = diff.show
local M = {}

local FILLERS = { is = true, are = true, was = true, were = true, has = true, have = true, does = true, a = true,
  an = true, be = true, to = true, ["do"] = true }
local NEGATIONS = { no = true, ["not"] = true, Not = true }

-- name -> { n = how many arguments, check = function(args) -> ok, what was wanted, what is wrong with the opposite }
local known = {}

local function add(names, count, check)
  for name in names:gmatch "%S+" do
    known[name] = { n = count, check = check }
  end
end

add("equal equals eq", 2, function(args)
  local same = args[1] == args[2]
  return same, ("the values are not equal\nexpected: %s\n     got: %s%s"):format(show(args[1]), show(args[2]),
    type(args[1]) == "table" and type(args[2]) == "table" and "\n(equal means one and the same table; assert.same "
      .. "compares what is in them)" or ""), "the values are equal: " .. show(args[2])
end)

add("same", 2, function(args)
  return #diff.differences(args[1], args[2]) == 0, diff.explain(args[1], args[2]),
    "both are " .. show(args[2])
end)

add("rawequal", 2, function(args)
  return rawequal(args[1], args[2]), ("expected: %s\n     got: %s"):format(show(args[1]), show(args[2])),
    "both are " .. show(args[2])
end)

local function add_value(names, wanted, accepts)
  add(names, 1, function(args)
    return accepts(args[1]), ("expected %s, got %s"):format(wanted, show(args[1])),
      ("expected anything but %s"):format(wanted)
  end)
end

add_value("true True", "true", function(value) return value == true end)
add_value("false False", "false", function(value) return value == false end)
add_value("nil Nil", "nil", function(value) return value == nil end)
add_value("truthy", "a value that counts as true", function(value) return value and true or false end)
add_value("falsy", "nil or false", function(value) return not value end)
for _, name in ipairs { "boolean", "number", "string", "table", "function", "userdata", "thread" } do
  add_value(name, "a " .. name, function(value) return type(value) == name end)
end
known.Function = known["function"]

add("near", 3, function(args)
  return math.abs(args[1] - args[2]) <= args[3],
    ("expected: %s within %s\n     got: %s"):format(args[1], args[3], args[2]),
    ("%s is within %s of %s"):format(args[2], args[3], args[1])
end)

add("unique", 1, function(args)
  for i, one in ipairs(args[1]) do
    for j = i + 1, #args[1] do
      if #diff.differences(one, args[1][j]) == 0 then
        return false, ("[%d] and [%d] are the same: %s"):format(i, j, show(one))
      end
    end
  end
  return true, nil, "no two elements are the same"
end)

add("match matches", 2, function(args)
  return tostring(args[2]):find(args[1]) ~= nil,
    ("expected a text that matches %s\ngot: %s"):format(show(args[1]), show(args[2])),
    ("the text matches %s: %s"):format(show(args[1]), show(args[2]))
end)

-- contains(text or list, part)
add("contains contain", 2, function(args)
  local found = type(args[1]) == "string" and args[1]:find(tostring(args[2]), 1, true) ~= nil
  for _, element in ipairs(type(args[1]) == "table" and args[1] or {}) do
    found = found or #diff.differences(args[2], element) == 0
  end
  return found, ("expected %s\nin: %s"):format(show(args[2]), show(args[1])),
    ("found %s\nin: %s"):format(show(args[2]), show(args[1]))
end)

-- ---------------------------------------------------------------------------------------------------
-- Errors

local function words_of(err)
  return (error_value.is(err) and err.message or tostring(err)):gsub("^[^\n]-:%d+: ", "")
end

local function fits_error(err, wanted)
  if wanted == nil or err == wanted then
    return true
  elseif type(wanted) == "table" and type(err) == "table" then
    for name, value in pairs(wanted) do
      if #diff.differences(value, err[name]) > 0 then
        return false
      end
    end
    return true
  end
  return type(wanted) == "string" and (words_of(err) == wanted or tostring(err) == wanted)
end

local function call(fn)
  if type(fn) ~= "function" and not (getmetatable(fn) or {}).__call then
    failure.raise(("this assert needs a function, not %s"):format(show(fn)))
  end
  return pcall(fn)
end

-- has_error(fn [, wanted]) -> the error. A text: its message; a table: fields that it has, such as { kind = "auth" }.
add("error errors", 2, function(args)
  local ok, err = call(args[1])
  args.result = not ok and err or nil
  local about = args[2] ~= nil and " " .. show(args[2]) or ""
  return not ok and fits_error(err, args[2]), ok and ("expected an error%s, but there was none"):format(about)
    or ("expected the error%s\ngot: %s"):format(about, show(err)), ("there was an error: %s"):format(tostring(err))
end)

add("error_matches error_match matches_error match_error", 2, function(args)
  local ok, err = call(args[1])
  args.result = not ok and err or nil
  return not ok and tostring(err):find(args[2]) ~= nil, ok and "expected an error, but there was none"
    or ("expected an error that matches %s\ngot: %s"):format(show(args[2]), tostring(err)),
    ("there was an error that matches %s: %s"):format(show(args[2]), tostring(err))
end)

-- ---------------------------------------------------------------------------------------------------
-- The sandbox

local function vendor_and_operation(name)
  local vendor, operation = tostring(name):match "^([^.]+)%.(.+)$"
  if not vendor then
    failure.raise(("an operation is named with its vendor, as in VENDOR.OPERATION, not %s"):format(show(name)))
  end
  return vendor, operation
end

local function refuse_unknown(vendor, operation)
  local described, names = catalogue.describe(vendor), {}
  for _, each in ipairs(described.operations) do
    names[#names + 1] = each.name
    if each.name == operation then
      return
    end
  end
  local nearest = catalogue.nearest(operation, names)
  failure.raise(("%s has no operation %s%s"):format(vendor, operation,
    nearest and ("; did you mean %s?"):format(nearest) or ""))
end

local function count_calls(name)
  local vendor, operation = vendor_and_operation(name)
  refuse_unknown(vendor, operation)
  local count = 0
  for _, request in ipairs(require("beadle.sandbox")[vendor].requests { operation = operation }) do
    count = count + (request.status ~= 401 and 1 or 0)
  end
  return count
end

-- calls("isograd.add_test", 2): how often it was called in this test; without a number, at least once. A call that
-- was repeated because its token had expired counts once.
add("calls called_operation", 2, function(args)
  local count = count_calls(args[1])
  local wanted = args[2]
  return wanted and count == wanted or not wanted and count > 0,
    ("expected %s calls of %s, there were %d"):format(wanted or "some", args[1], count),
    ("there were %d calls of %s"):format(count, args[1])
end)

local function all_mails()
  local sandbox, mails = require "beadle.sandbox", {}
  for _, vendor in ipairs(catalogue.vendors()) do
    local ok, list = pcall(function() return sandbox[vendor].mails() end) -- not every vendor sends any
    for _, mail in ipairs(ok and list or {}) do
      mails[#mails + 1] = mail
    end
  end
  return mails
end

-- What tells mails apart; not the whole message.
local function brief(mails)
  local list = {}
  for index, mail in ipairs(mails) do
    list[index] = {}
    for name, value in pairs(mail) do
      list[index][name] = name ~= "raw" and value or nil
    end
  end
  return list
end

-- mails(1, { to = "ada@example.org" }): how many e-mails the sandbox has seen with those fields.
add("mails", 2, function(args)
  local count, mails = 0, all_mails()
  for _, mail in ipairs(mails) do
    count = count + (fits_error(mail, args[2]) and 1 or 0)
  end
  return count == args[1], ("expected %s e-mails%s, there were %d\nall: %s"):format(args[1],
    args[2] and " with " .. show(args[2]) or "", count, show(brief(mails))), ("there were %d e-mails"):format(count)
end)

-- ---------------------------------------------------------------------------------------------------
-- Spies

local function calls_of(state)
  if not spy.is(state.of) then
    failure.raise "assert.spy needs a spy"
  end
  return state.of.calls
end

add("called", 1, function(args, state)
  local count = #calls_of(state)
  return args[1] and count == args[1] or not args[1] and count > 0,
    ("expected %s calls, there were %d"):format(args[1] or "some", count), ("there were %d calls"):format(count)
end)

add("called_with", math.huge, function(args, state)
  local wanted, seen = { table.unpack(args, 1, args.n) }, {}
  for _, each in ipairs(calls_of(state)) do
    seen[#seen + 1] = { table.unpack(each, 1, each.n) }
    if #diff.differences(wanted, seen[#seen]) == 0 then
      return true, nil, ("it was called with %s"):format(show(wanted))
    end
  end
  return false, ("expected a call with %s\nthe calls: %s"):format(show(wanted), show(seen))
end)

-- ---------------------------------------------------------------------------------------------------
-- Words

local function copy_words(state, more)
  local words = { table.unpack(state.words) }
  for word in more:gmatch "[^_]+" do
    words[#words + 1] = word
  end
  return words
end

-- The assert that words name, and whether they turn it round.
local function find(words)
  local negated, first = false, 1
  while words[first] and (FILLERS[words[first]] or NEGATIONS[words[first]]) and first < #words do
    negated = negated ~= (NEGATIONS[words[first]] or false)
    first = first + 1
  end
  local name = table.concat(words, "_", first)
  return known[name], negated, name
end

local State = {}

local function new_state(words, of)
  return setmetatable({ words = words, of = of }, State)
end

function State:__index(word)
  return new_state(copy_words(self, tostring(word)), rawget(self, "of"))
end

local function refuse(name)
  local names = {}
  for each in pairs(known) do
    names[#names + 1] = each
  end
  table.sort(names)
  local nearest = catalogue.nearest(name, names)
  failure.raise(("there is no assert \"%s\"%s"):format(name,
    nearest and ("; did you mean %s?"):format(nearest) or ""))
end

function State:__call(...)
  local found, negated, name = find(self.words)
  if not found then
    refuse(name)
  end
  local args = table.pack(...)
  local ok, wrong, wrong_opposite = found.check(args, self)
  if (ok and true or false) ~= negated then
    if args.result ~= nil then
      return args.result
    end
    return ...
  end
  local text = negated and (wrong_opposite or name .. " was not expected") or wrong or name .. " failed"
  if args.n > found.n then
    text = tostring(args[found.n + 1]) .. "\n" .. text
  end
  return failure.raise(text)
end

-- `assert` for files of tests.
M.assert = setmetatable({
  spy = function(of) return new_state({}, of) end,
  stub = function(of) return new_state({}, of) end,
}, {
  __index = function(_, word)
    return new_state(copy_words({ words = {} }, tostring(word)))
  end,
  __call = function(_, value, message, ...)
    if value then
      return value, message, ...
    elseif message ~= nil and type(message) ~= "string" then
      error(message, 0)
    end
    return failure.raise(message or "assertion failed!")
  end,
})

return M
