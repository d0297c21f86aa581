-- SPDX-License-Identifier: MIT
-- Does what a person's browser does in a launch, without one: sends a form, follows redirects by GET, submits forms
-- that submit themselves, keeps cookies by host. Each step is told.
--
-- go{method, url, fields, forms, on_step, most} -> { status, url, headers, body, steps }
--   fields    list of {name, value}, sent as a form; a 307 or 308 repeats it at the same origin only
--   forms     false: a page with a form ends the way (LTI 1.1); default: one that submits itself is submitted
--   on_step   function(step) for each step when its answer is there
--   a step    { method, url, sent = list of {name, value}, status, location, title }
-- Raises what http.request raises, and errors of kind "decode" for ways that lead nowhere.

local error_value = require "beadle.error"
local forms = require "beadle.lti.forms"
local http = require "beadle.http"

local MOST_STEPS = 12

local M = {}

local function fail(message)
  error(error_value.new { kind = "decode", operation = "lti.launch", message = message }, 0)
end

-- Scheme and authority, and the path with its query.
local function parts(url)
  local origin, rest = url:match "^(%a[%w+.-]*://[^/?#]+)([^#]*)"
  return origin, rest
end

-- An address as it is meant on the page of another (RFC 3986, 5.2, as far as launches go).
function M.resolve(base, link)
  local origin, rest = parts(base)
  if link == "" then
    return base
  elseif link:find "^%a[%w+.-]*:" then
    return link
  elseif link:sub(1, 2) == "//" then
    return base:match "^%a[%w+.-]*:" .. link
  elseif link:sub(1, 1) == "/" then
    return origin .. link
  elseif link:sub(1, 1) == "?" then
    return origin .. rest:gsub("%?.*", "") .. link
  end
  local folder = rest:gsub("%?.*", ""):match "^(.*/)" or "/"
  return origin .. folder .. link
end

-- ---------------------------------------------------------------------------------------------------
-- Cookies: by host, without domains

-- Set-Cookie headers come joined by commas, which dates in them hold too.
local function each_cookie(text)
  local list = {}
  for piece in (text .. ", "):gmatch "(.-), " do
    if #list > 0 and not piece:find "^[^;,%s=]+=" then
      list[#list] = list[#list] .. ", " .. piece
    else
      list[#list + 1] = piece
    end
  end
  return list
end

local function keep_cookies(jar, url, headers)
  local host = parts(url)
  jar[host] = jar[host] or {}
  for _, text in ipairs(headers["set-cookie"] and each_cookie(headers["set-cookie"]) or {}) do
    local name, value = text:match "^%s*([^=;%s]+)=([^;]*)"
    local gone = text:lower():find "max%-age=0"
    if name then
      jar[host][name] = not gone and value or nil
    end
  end
end

local function cookies_for(jar, url)
  local list = {}
  for name, value in pairs(jar[parts(url)] or {}) do
    list[#list + 1] = name .. "=" .. value
  end
  table.sort(list)
  return #list > 0 and table.concat(list, "; ") or nil
end

-- ---------------------------------------------------------------------------------------------------

local function send(way, jar)
  local headers = { Accept = "text/html,application/xhtml+xml,*/*;q=0.8", Cookie = cookies_for(jar, way.url) }
  local body
  if way.method == "POST" then
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    body = forms.encode(way.fields)
  end
  return http.request { method = way.method, url = way.url, headers = headers, body = body, redirects = 0,
    retry = false }
end

-- What a secure page knows does not travel in the clear, but for a server of this machine.
local function check_secure(from, to)
  local host = to:match "^http://([^/:?#]+)"
  local here = host == "127.0.0.1" or host == "localhost" or to:find "^http://%[::1%]"
  if from:find "^https:" and to:find "^http:" and not here then
    fail("the way leads from a secure page to a plain one, and is not followed")
  end
end

-- Where an answer leads: the next way, or nil when it ends here.
local function next_way(way, answer, options)
  local location = answer.headers.location
  local redirect = answer.status >= 301 and answer.status <= 308 and answer.status ~= 304 and location
  if redirect then
    local url = M.resolve(way.url, location)
    if not url:find "^https?://" then
      fail(("a redirect leads to %s, which is no page"):format(url:match "^[^:]*" .. ":"))
    end
    check_secure(way.url, url)
    local repeats = (answer.status == 307 or answer.status == 308) and way.method == "POST"
    if repeats and parts(url) ~= parts(way.url) then
      fail("a redirect asks to send the form again, to another host; it is not sent there")
    end
    return { method = repeats and "POST" or "GET", url = url, fields = repeats and way.fields or nil }
  end
  local is_page = answer.status == 200 and (answer.headers["content-type"] or ""):find "^text/html"
  if options.forms == false or not is_page or not forms.submits_itself(answer.body) then
    return nil
  end
  local form = forms.of_html(answer.body)
  if not form then
    return nil
  end
  local url = M.resolve(way.url, form.action)
  check_secure(way.url, url)
  if form.method == "GET" then
    return { method = "GET", url = url:gsub("%?.*", "") .. "?" .. forms.encode(form.fields) }
  end
  return { method = "POST", url = url, fields = form.fields }
end

function M.go(options)
  local jar, steps = {}, {}
  local way = { method = options.method or "GET", url = options.url, fields = options.fields }
  while true do
    local answer = send(way, jar)
    keep_cookies(jar, way.url, answer.headers)
    local step = { method = way.method, url = way.url, sent = way.fields, status = answer.status,
      location = answer.headers.location }
    step.title = (answer.headers["content-type"] or ""):find "^text/html" and forms.words_of(answer.body) or nil
    steps[#steps + 1] = step
    if options.on_step then
      options.on_step(step, answer)
    end
    local following = next_way(way, answer, options)
    if not following then
      return { status = answer.status, url = way.url, headers = answer.headers, body = answer.body,
        title = step.title, steps = steps }
    elseif #steps >= (options.most or MOST_STEPS) then
      fail(("the launch was sent on %d times and leads nowhere"):format(#steps))
    end
    way = following
  end
end

return M
