---@meta beadle.http
-- SPDX-License-Identifier: MIT

---@class beadle.http.options
---@field headers? table<string, string|beadle.secret|string[]>
---@field body? string
---@field form? table<string, any> a body of a form
---@field json? any a body of JSON
---@field timeout? beadle.duration
---@field retry? boolean false: try once only
---@field redirects? integer how many are followed; none unless told
---@field ca_file? string PEM file of a private authority

---@class beadle.http.request_options: beadle.http.options
---@field method? string
---@field url string

---@class beadle.http.response
---@field status integer
---@field headers table<string, string> names in lower case
---@field body string
---@field url string where the answer came from
---@field length_unknown? boolean
---@field retry_after? number seconds that a refusal asks to wait
local response = {}

--- The body decoded.
---@return any
function response:json() end

--- What a handler gets.
---@class beadle.http.server_request
---@field method string
---@field path string
---@field target string path and query as sent
---@field url string absolute, by the server's origin
---@field params table<string, string> the named parts of the path
---@field query table<string, string>
---@field form table<string, string>
---@field query_list string[][] {name, value} in order, all that came
---@field form_list string[][] {name, value} in order, all that came
---@field headers table<string, string> names in lower case
---@field body string
---@field remote string
---@field json fun(self: beadle.http.server_request): any the body decoded

---@class beadle.http.answer
---@field status? integer
---@field headers? table<string, string|string[]>
---@field body? string
---@field html? string
---@field json? any
---@field redirect? string

---@alias beadle.http.handler fun(request: beadle.http.server_request): beadle.http.answer|string|nil

---@class beadle.http.serve_options
---@field routes table<string, beadle.http.handler> ["GET /done/{id}"] = function(request) ... end
---@field host? string 127.0.0.1 unless told
---@field port? integer 0: the system chooses
---@field origin? string how others reach it; http://host:port unless told
---@field cert_file? string PEM; with key_file it speaks TLS
---@field key_file? string PEM
---@field max_body? integer bytes; 1 MiB unless told
---@field max_head? integer bytes; 32 KiB unless told
---@field max_connections? integer 4,000 unless told
---@field idle_timeout? beadle.duration 10 s unless told
---@field request_timeout? beadle.duration 30 s unless told
---@field handler_timeout? beadle.duration 60 s unless told
---@field grace? beadle.duration for handlers to end when the server does; 5 s unless told

--- Lives in the scope that opened it.
---@class beadle.http.server
---@field url string the origin, without a slash at its end
---@field port integer
local server = {}

---@param key string "GET /hooks/x"
---@param handler beadle.http.handler
function server:route(key, handler) end

---@param key string
function server:remove(key) end

--- Waits until it has ended.
function server:wait() end

function server:close() end

--- Requests to anything that is no vendor, and a server of one's own.
-- Not for scripts: response.
---@class beadle.http
local http = {}

---@param url string
---@param options? beadle.http.options
---@return beadle.http.response
function http.get(url, options) end

---@param url string
---@param options? beadle.http.options
---@return beadle.http.response
function http.post(url, options) end

---@param options beadle.http.request_options
---@return beadle.http.response
function http.request(options) end

---@param options beadle.http.serve_options
---@return beadle.http.server
function http.serve(options) end

return http
