-- SPDX-License-Identifier: MIT
-- Requests that simulated vendors make: callbacks, and what they fetch before they answer. The main state makes
-- them (caller.lua); here they are asked for and noted.
--
-- What is noted lies in the twin's state, in `calls`, as data: id, at, method, url, headers, body, operation,
-- fetch (true for one that an answer waits for), state ("under way", then "done" or "failed"), status, answer (its
-- first bytes), why. What waits for an answer is no state: a request that came is answered once, whatever is
-- restored meanwhile.

local M = {}

local ANSWER_KEPT = 1000 -- bytes
local FIELDS = { "method", "url", "headers", "body", "operation" }
local METHODS = { GET = true, HEAD = true, POST = true, PUT = true, PATCH = true, DELETE = true, OPTIONS = true }

local count = 0 -- in all states together: a snapshot that is put back must not mistake one call for another
local outbox = {} -- requests that were asked for and not yet taken
local under_way = {} -- id -> { twin, id, resume, args, request }

local function read(what)
  local call = type(what) == "table" and what or { url = what }
  for name in pairs(call) do
    local known = false
    for _, each in ipairs(FIELDS) do
      known = known or each == name
    end
    assert(known, ("a call has no %s"):format(tostring(name)))
  end
  assert(type(call.url) == "string", "a call needs a url")
  assert(METHODS[call.method or "GET"], "a call's method is one of HTTP's")
  assert(call.body == nil or type(call.body) == "string", "a call's body is a text")
  for name, value in pairs(call.headers or {}) do
    assert(type(name) == "string" and type(value) == "string", "a call's headers are texts by name")
  end
  return call
end

-- As much of a text as is kept, as a text that JSON can hold.
function M.excerpt(text)
  if not text or text == "" then
    return nil
  end
  local piece = text:sub(1, ANSWER_KEPT)
  for cut = #piece, math.max(#piece - 3, 1), -1 do -- a character may be cut in two
    if utf8.len(piece:sub(1, cut)) then
      return piece:sub(1, cut)
    end
  end
  return (piece:gsub("[\128-\255]", "?"))
end

local function begin(twin, what, fetch)
  local call = read(what)
  local method = call.method or "GET"
  local headers
  for name, value in pairs(call.headers or {}) do
    headers = headers or {}
    headers[name] = value
  end
  count = count + 1
  table.insert(twin.state.calls, {
    id = count, at = twin.now(), method = method, url = call.url, headers = headers, body = M.excerpt(call.body),
    operation = call.operation, fetch = fetch, state = "under way",
  })
  outbox[#outbox + 1] = { id = count, method = method, url = call.url, headers = headers, body = call.body }
  local entry = { twin = twin, id = count }
  under_way[count] = entry
  return entry
end

-- Makes the vendor send a request: to an address by GET, or { method, url, headers, body, operation }, where
-- `operation` is what the twin itself calls it. Nobody waits for its answer.
function M.call(twin, what)
  begin(twin, what)
end

-- Has the vendor fetch an address before it answers: gives an answer, for the twin's handler to return, that waits.
-- Then resumes[name](twin, request, args, response) of the twin's code gives the answer, or another fetch. args:
-- data; response: status, headers (names in lower case), body; or why, when no answer came. The twin's state may
-- be another by then: whatever is needed of it is looked up again.
function M.fetch(twin, url, name, args)
  assert(twin.code.resumes and twin.code.resumes[name], ("the twin has no resumes.%s"):format(tostring(name)))
  local entry = begin(twin, url, true)
  entry.resume, entry.args = name, args
  return { fetches = entry }
end

-- Notes that the answer to a request waits for a fetch; gives the fetch's number.
function M.wait(answer, request)
  answer.fetches.request = request
  return answer.fetches.id
end

-- What was asked for since the last time.
function M.take()
  local taken = outbox
  outbox = {}
  return taken
end

-- How many requests nobody knows the end of yet.
function M.under_way()
  local number = 0
  for _ in pairs(under_way) do
    number = number + 1
  end
  return number
end

-- Notes how a request went in all `states_of(twin)`, and gives what began it.
function M.ended(id, result, states_of)
  local entry = under_way[id]
  under_way[id] = nil
  for _, state in ipairs(states_of(entry.twin)) do
    for _, call in ipairs(state.calls) do
      if call.id == id then
        call.state = result.why and "failed" or "done"
        call.status, call.why, call.answer = result.status, result.why, M.excerpt(result.body)
      end
    end
  end
  return entry
end

-- The answer to a request whose fetch is over.
function M.resume(entry, response)
  return entry.twin.code.resumes[entry.resume](entry.twin, entry.request, entry.args, response)
end

return M
