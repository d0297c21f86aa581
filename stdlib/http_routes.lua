-- SPDX-License-Identifier: MIT
-- beadle.http_routes: which handler a request goes to. A route is "METHOD /path", where a part of the path may be
-- {name}: it matches any one part that is not empty, and is given to the handler as request.params.name. A part that
-- is written out goes before a {name}. Both are compared decoded.

local catalogue = require "beadle.catalogue"
local error_value = require "beadle.error"
local native = require "beadle.http.native"

local M = {}

local METHODS = { "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS" }
local KNOWN = {}
for _, method in ipairs(METHODS) do
  KNOWN[method] = true
end

local function fail(message, hint)
  error(error_value.new { kind = "argument", message = message, hint = hint, operation = "http.serve",
    outcome = "none" }, 0)
end

-- ---------------------------------------------------------------------------------------------------
-- Reading a route's key

local function read_part(key, part, names)
  local name = part:match "^{([%a_][%w_]*)}$"
  if name then
    for _, other in ipairs(names) do
      if other == name then
        fail(("the route \"%s\" has two parts named {%s}"):format(key, name))
      end
    end
    names[#names + 1] = name
    return nil
  elseif part:find "[{}]" then
    fail(("the route \"%s\" has a part \"%s\""):format(key, part), "A part is either a text or one {name}.")
  end
  return native.decode(part) or fail(("the route \"%s\" has a part that is not percent-encoded UTF-8"):format(key))
end

-- Gives the method, the path, and its parts: a text each, or false for a {name}; and the names.
local function read_key(key)
  local method, path = tostring(key):match "^(%S+) (/%S*)$"
  if type(key) ~= "string" or not method then
    fail(("a route is \"METHOD /path\", not \"%s\""):format(tostring(key)))
  elseif not KNOWN[method] then
    local nearest = catalogue.nearest(method, METHODS)
    fail(("the route \"%s\" begins with no method"):format(key),
      nearest and ("Did you mean %s?"):format(nearest) or "One of " .. table.concat(METHODS, ", ") .. ".")
  elseif path:find "[?#%c]" then
    fail(("the route \"%s\" is more than a path"):format(key), "The query is given to the handler: request.query.")
  end
  local parts, names = {}, {}
  for part in path:sub(2):gmatch "[^/]*" do
    parts[#parts + 1] = read_part(key, part, names) or false
  end
  return method, path, parts, names
end

-- ---------------------------------------------------------------------------------------------------
-- The tree: a node for each part, with nodes of the parts that may follow, and the routes that end there

local Routes = {}
Routes.__index = Routes

function M.new()
  return setmetatable({ root = { texts = {}, routes = {} }, exact = {} }, Routes)
end

local function node_of(routes, parts, make)
  local node = routes.root
  for _, part in ipairs(parts) do
    local next_node
    if part then
      next_node = node.texts[part]
    else
      next_node = node.any
    end
    if not next_node then
      if not make then
        return nil
      end
      next_node = { texts = {}, routes = {} }
      if part then
        node.texts[part] = next_node
      else
        node.any = next_node
      end
    end
    node = next_node
  end
  return node
end

function Routes:add(key, handler)
  local method, path, parts, names = read_key(key)
  local call = type(handler) ~= "function" and getmetatable(handler)
  if type(handler) ~= "function" and not (type(call) == "table" and call.__call) then
    fail(("the route \"%s\" needs a function, not a %s value"):format(key, type(handler)))
  end
  local node = node_of(self, parts, true)
  if node.routes[method] then
    fail(("there is already a route for \"%s\": \"%s\""):format(key, node.routes[method].key))
  end
  node.routes[method] = { key = key, path = path, handler = handler, names = names }
  if #names == 0 and not path:find("%", 1, true) then
    self.exact[path] = node.routes
  end
end

-- Drops the nodes along the parts that nothing is left in: addresses that are used once come and go.
local function prune(node, parts, at)
  local part = parts[at]
  if part == nil then
    return
  end
  local child
  if part then
    child = node.texts[part]
  else
    child = node.any
  end
  prune(child, parts, at + 1)
  if next(child.routes) or next(child.texts) or child.any then
    return
  elseif part then
    node.texts[part] = nil
  else
    node.any = nil
  end
end

-- True when there was such a route.
function Routes:remove(key)
  local method, path, parts = read_key(key)
  local node = node_of(self, parts, false)
  if not node or not node.routes[method] then
    return false
  end
  node.routes[method] = nil
  if next(node.routes) == nil then
    self.exact[path] = nil
  end
  prune(self.root, parts, 1)
  return true
end

-- ---------------------------------------------------------------------------------------------------
-- Finding

local function split(path)
  local parts = {}
  for part in path:sub(2):gmatch "[^/]*" do
    local decoded = native.decode(part)
    if not decoded then
      return nil
    end
    parts[#parts + 1] = decoded
  end
  return parts
end

-- The route of that method, and the values of its names. Methods of the path's other routes are added to `allowed`.
local function walk(node, parts, at, values, method, allowed)
  local part = parts[at]
  if not part then
    local found = node.routes[method] or (method == "HEAD" and node.routes.GET)
    for known in pairs(found and {} or node.routes) do
      allowed[known] = true
    end
    return found or nil
  end
  local next_node = node.texts[part]
  local found = next_node and walk(next_node, parts, at + 1, values, method, allowed)
  if found or not node.any or part == "" then
    return found
  end
  values[#values + 1] = part
  found = walk(node.any, parts, at + 1, values, method, allowed)
  if not found then
    values[#values] = nil
  end
  return found
end

local function allow(allowed)
  if allowed.GET then
    allowed.HEAD = true
  end
  allowed.OPTIONS = true
  local list = {}
  for _, method in ipairs(METHODS) do
    if allowed[method] then
      list[#list + 1] = method
    end
  end
  return table.concat(list, ", ")
end

-- The handler for a request, whose params it fills in; or nil and { status, message, headers }.
function Routes:find(request)
  local method = request.method
  local exact = self.exact[request.path]
  local route = exact and (exact[method] or (method == "HEAD" and exact.GET))
  if route then
    return route.handler
  end
  local parts = split(request.path)
  if not parts then
    return nil, { status = 400, message = "The path is not percent-encoded UTF-8." }
  end
  local values, allowed = {}, {}
  route = walk(self.root, parts, 1, values, method, allowed)
  if route then
    local params = {}
    for i, name in ipairs(route.names) do
      params[name] = values[i]
    end
    request.params = params
    return route.handler
  elseif next(allowed) == nil then
    return nil, { status = 404, message = "There is nothing here." }
  elseif method == "OPTIONS" then
    local text = allow(allowed)
    return function()
      return { status = 204, headers = { Allow = text } }
    end
  end
  return nil, { status = 405, message = ("This cannot be asked for with %s."):format(method),
    headers = { Allow = allow(allowed) } }
end

return M
