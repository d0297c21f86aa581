---@meta beadle.odata
-- SPDX-License-Identifier: MIT

--- Text of an OData expression; one that was written by hand will do.
---@alias beadle.odata.expression string
---@alias beadle.odata.value string|number|boolean|nil|userdata|table

---@class beadle.odata.options
---@field filter? beadle.odata.expression
---@field select? string|string[]
---@field expand? string|string[]
---@field orderby? string|string[]
---@field top? integer
---@field skip? integer
---@field count? boolean
---@field search? string

--- One page of a list; it may be walked as a whole.
---@class beadle.page
local page = {}

--- Each element, of the next pages too.
---@param options? { most?: integer }
---@return fun(): table
function page:each(options) end

---@param options? { most?: integer }
---@return table[]
function page:all(options) end

--- Whether no other page follows.
---@return boolean
function page:complete() end

--- A client for one service.
-- Not for scripts: page.
---@class beadle.odata.service
local service = {}

---@param path string
---@param options? beadle.odata.options
---@return table
function service:get(path, options) end

---@param path string
---@param body? table
---@param headers? table<string, string>
---@return table
function service:post(path, body, headers) end

---@param path string
---@param body table
---@param headers? table<string, string>
---@return table
function service:patch(path, body, headers) end

---@param path string
---@param headers? table<string, string>
function service:delete(path, headers) end

---@param method string
---@param url string
---@param body? table
---@param headers? table<string, string>
---@return table
function service:request(method, url, body, headers) end

---@param path string
---@param options? beadle.odata.options
---@return string
function service:address(path, options) end

--- Query options of OData 4.0, made from values; and a client for any service.
---@class beadle.odata
---@field service fun(base: string, options?: beadle.http.options): beadle.odata.service
---@field each fun(fetch: function, options?: table): fun(): table
local odata = {}

---@param path string
---@param value beadle.odata.value
---@return beadle.odata.expression
function odata.eq(path, value) end

---@param path string
---@param value beadle.odata.value
---@return beadle.odata.expression
function odata.ne(path, value) end

---@param path string
---@param value beadle.odata.value
---@return beadle.odata.expression
function odata.gt(path, value) end

---@param path string
---@param value beadle.odata.value
---@return beadle.odata.expression
function odata.ge(path, value) end

---@param path string
---@param value beadle.odata.value
---@return beadle.odata.expression
function odata.lt(path, value) end

---@param path string
---@param value beadle.odata.value
---@return beadle.odata.expression
function odata.le(path, value) end

---@param path string
---@param text string
---@return beadle.odata.expression
function odata.contains(path, text) end

---@param path string
---@param text string
---@return beadle.odata.expression
function odata.startswith(path, text) end

---@param path string
---@param text string
---@return beadle.odata.expression
function odata.endswith(path, text) end

---@param ... beadle.odata.expression joined with `and`
---@return beadle.odata.expression
function odata.all(...) end

---@param ... beadle.odata.expression joined with `or`
---@return beadle.odata.expression
function odata.any(...) end

---@param expression beadle.odata.expression
---@return beadle.odata.expression
function odata.no(expression) end

--- (Id eq 1 or Id eq 2)
---@param path string
---@param values beadle.odata.value[]
---@return beadle.odata.expression
function odata.one_of(path, values) end

--- Id in (1,2), of version 4.01
---@param path string
---@param values beadle.odata.value[]
---@return beadle.odata.expression
function odata.among(path, values) end

--- Domains/any(d:d/Id eq 5)
---@param path string
---@param name string
---@param expression beadle.odata.expression
---@return beadle.odata.expression
function odata.some(path, name, expression) end

---@param path string
---@param name string
---@param expression beadle.odata.expression
---@return beadle.odata.expression
function odata.every(path, name, expression) end

--- tolower(Name), in the place of a path
---@param name string
---@param path string
---@param ... beadle.odata.value
---@return string
function odata.call(name, path, ...) end

---@param text string
---@return table
function odata.date(text) end

---@param text string
---@return table
function odata.time(text) end

---@param text string
---@return table
function odata.guid(text) end

---@param type_name string
---@param value string
---@return table
function odata.enum(type_name, value) end

---@param value beadle.odata.value
---@return string
function odata.literal(value) end

---@param text string
---@return string
function odata.encode(text) end

---@param path string
---@return string
function odata.asc(path) end

---@param path string
---@return string
function odata.desc(path) end

--- UserRoles($expand=Role,Domain)
---@param name string
---@param options beadle.odata.options
---@return string
function odata.expand(name, options) end

--- Users(327680)
---@param set string
---@param key beadle.odata.value
---@return string
function odata.entity(set, key) end

--- All of it, encoded, behind the ? of an address.
---@param options beadle.odata.options
---@return string
function odata.query(options) end

return odata
