-- SPDX-License-Identifier: MIT
-- A small client for any OData 4.0 service, on beadle.http:
--
--   local service = odata.service("https://services.example.org/odata", { headers = { Authorization = ... } })
--   for person in service:get("People", { filter = odata.eq("City", "Lyon"), top = 100 }):each() do ... end
--   local created = service:post("People", { Name = "Ada" })
--
-- Answers that are one page of a list have each, all and complete, as those of vendors have. What the service
-- refuses is an error with its code and words. The headers that say who we are go to the service's host only.

local error_value = require "beadle.error"
local http = require "beadle.http"
local json = require "beadle.json"
local odata = require "beadle.odata"
local pages = require "beadle.catalogue.pages"

local M = {}
local Service = {}
Service.__index = Service

local NEXT = "@odata.nextLink"
local KINDS = { [401] = "auth", [403] = "permission", [404] = "not_found", [409] = "conflict", [410] = "not_found",
  [429] = "rate_limit" }

local function fail(fields)
  error(error_value.new(fields), 0)
end

-- The scheme, host and port of an address, in one way of writing.
local function origin_of(url)
  local scheme, host = url:match "^(%a+)://([^/?#]+)"
  if not scheme then
    return nil
  end
  scheme, host = scheme:lower(), host:lower()
  host = scheme == "https" and host:gsub(":443$", "") or host:gsub(":80$", "")
  return scheme .. "://" .. host
end

-- A link as it is meant on a page. What is neither whole nor plainly relative is refused: its host could be
-- another one.
local function resolve(page, link)
  if origin_of(link) then
    return link
  elseif link:find "^//" or link:find "^%a[%w+.-]*:" or link:find "[\\%c]" then
    return nil
  elseif link:find "^/" then
    return page:match "^%a+://[^/?#]+" .. link
  end
  return (page:gsub("[?#].*$", "")):match "^(%a+://[^/]+.*/)[^/]*$" .. link
end

local function refuse(method, url, answer)
  local ok, body = pcall(json.decode, answer.body)
  local said = ok and type(body) == "table" and type(body.error) == "table" and body.error or {}
  local kind = KINDS[answer.status] or (answer.status >= 500 and "server" or "rejected")
  fail { kind = kind, status = answer.status, code = said.code, vendor_message = said.message,
    message = said.message or ("the service answered %d to %s %s"):format(answer.status, method, url:gsub("%?.*$", "")),
    response = answer.body:sub(1, 200), outcome = method ~= "GET" and answer.status < 500 and "none" or nil }
end

function Service:request(method, url, body, headers)
  local all = { Accept = "application/json", ["OData-MaxVersion"] = "4.0" }
  for _, more in ipairs { self.headers, headers or {} } do
    for name, value in pairs(more) do
      all[name] = value
    end
  end
  local answer = http.request { method = method, url = url, headers = all, json = body, timeout = self.timeout,
    redirects = 0 }
  if answer.status >= 300 then
    refuse(method, url, answer)
  elseif answer.body == "" then
    return {}
  end
  local value = answer:json()
  return type(value) == "table" and self:page(value, url) or value
end

-- A list gets the methods of a page.
function Service:page(value, url)
  if not json.is_array(value.value) then
    return value
  end
  return pages.wrap(value, "value", NEXT, function(link)
    local target = type(link) == "string" and resolve(url, link)
    if not target or origin_of(target) ~= origin_of(self.base) then
      fail { kind = "decode", message = "the next page lies at another host than the service" }
    end
    return self:request("GET", target)
  end)
end

function Service:address(path, options)
  local query = odata.query(options or {})
  return ("%s/%s%s"):format(self.base, path, query ~= "" and "?" .. query or "")
end

-- get(path [, options]): `path` is an entity set, odata.entity(...), or any path of the service.
function Service:get(path, options)
  return self:request("GET", self:address(path, options))
end

function Service:post(path, body, headers)
  return self:request("POST", self:address(path), body, headers)
end

function Service:patch(path, body, headers)
  return self:request("PATCH", self:address(path), body, headers)
end

function Service:delete(path, headers)
  return self:request("DELETE", self:address(path), nil, headers)
end

-- open(base [, {headers, timeout}]) -> service
function M.open(base, options)
  options = options or {}
  if type(base) ~= "string" or not origin_of(base) then
    fail { kind = "argument", message = "the service's address must begin with https:// or http://" }
  end
  for name in pairs(options) do
    if name ~= "headers" and name ~= "timeout" then
      fail { kind = "argument", message = ("there is no option \"%s\"; known are headers and timeout"):format(
        tostring(name)) }
    end
  end
  return setmetatable({ base = base:gsub("/+$", ""), headers = options.headers or {}, timeout = options.timeout },
    Service)
end

-- each(fetch [, {limit, cut}]) -> iterator: fetch(link) gives a page, a table with `value` and maybe
-- "@odata.nextLink"; the first time link is nil.
function M.each(fetch, options)
  return pages.wrap(fetch(nil), "value", NEXT, fetch):each(options)
end

return M
