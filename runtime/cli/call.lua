-- beadle call VENDOR.OPERATION [NAME=VALUE ...]: makes one call and prints the answer as JSON
-- SPDX-License-Identifier: MIT

local catalogue = require "beadle.catalogue"
local config = require "beadle.config"
local fs = require "beadle.fs"
local help = require "beadle.help"
local help_fields = require "beadle.help_fields"
local json = require "beadle.json"
local options = require "beadle.options"
local pretty = require "beadle.pretty"

local SPEC = {
  { name = "json", value = "FILE", doc = "read parameters from a file, a JSON object; - is standard input" },
  { name = "timeout", value = "DURATION", doc = "time for the call with all its attempts" },
  { name = "no-retry", doc = "try once only" },
  { name = "output", value = "FILE", doc = "write the answer there; a PDF or an image as it is" },
}

local USAGE = [[
Usage: beadle call VENDOR.OPERATION [NAME=VALUE ...]

Makes one call and prints the answer as JSON. Enumeration values may be given by number or by name, flat
lists with commas, objects and other lists as JSON. Without a configured profile it goes to the sandbox,
which begins anew with every command.

]]

local function known_params(operation)
  local params, names = {}, {}
  for _, param in ipairs(operation.params) do
    if not param.rest then
      params[param.name] = param
      names[#names + 1] = param.name
    end
  end
  for _, field in ipairs(help_fields.properties(operation)) do
    if not params[field.name] then
      params[field.name], names[#names + 1] = field, field.name
    end
  end
  return params, names
end

local function unknown_param(operation, name, names)
  local nearest = catalogue.nearest(name, names)
  options.fail(("%s takes no \"%s\""):format(operation.full_name, name),
    nearest and ("Did you mean %s?"):format(nearest)
      or ("`beadle help %s` shows its parameters."):format(operation.full_name))
end

local function read_json(path)
  local text = path == "-" and io.read "a" or fs.read(path)
  local value = json.decode(text)
  if type(value) ~= "table" or json.is_array(value) then
    options.fail "--json needs a JSON object"
  end
  return value
end

local function read_pairs(operation, words, args)
  local params, names = known_params(operation)
  for _, word in ipairs(words) do
    local name, text = word:match "^([^=]+)=(.*)$"
    if not name then
      options.fail(("\"%s\" is no NAME=VALUE"):format(word))
    elseif not params[name] then
      unknown_param(operation, name, names)
    elseif args[name] ~= nil then
      options.fail(("%s is given twice"):format(name))
    end
    local value, must, nearest = catalogue.parse(operation.vendor, operation.name, name, text)
    if value == nil then
      options.fail(("%s must be %s, not \"%s\""):format(name, must, params[name].secret and "..." or text),
        nearest and ("Did you mean %s?"):format(nearest) or nil)
    end
    args[name] = value
  end
  return args
end

-- The names of a result's fields as the catalogue lists them, those of inner objects too.
local function add_names(order, fields)
  for _, field in ipairs(fields) do
    order[#order + 1] = field.name
    add_names(order, field.fields or {})
  end
  return order
end

-- The bytes of an answer that is a file, or nil.
local function file_in(operation, answer)
  for _, each in ipairs(operation.answers) do
    if each.kind == "bytes" and answer.content_type then
      return answer[each.name]
    end
  end
end

local function give_file(bytes, content_type, path)
  if path then
    fs.write(path, bytes)
    print(("%s: %s, %d bytes"):format(path, content_type, #bytes))
  elseif fs.is_terminal "stdout" then
    io.stderr:write(("beadle: the answer is a file (%s, %d bytes); --output FILE writes it\n"):format(
      content_type, #bytes))
    return 1
  else
    io.write(bytes)
  end
  return 0
end

local function run(...)
  local values, operands = options.parse(SPEC, { ... })
  if values.help then
    print(USAGE .. options.describe(SPEC))
    return 0
  elseif #operands == 0 then
    options.fail("call needs an operation", "`beadle ops` lists them.")
  end
  local operation, _, of_table = help.find(operands[1])
  if of_table then
    options.fail(("%s is no operation but a table of properties"):format(operands[1]))
  end
  local args = read_pairs(operation, { table.unpack(operands, 2) }, values.json and read_json(values.json) or {})
  local vendor = require("beadle." .. operation.vendor)
  if fs.is_terminal "stderr" and select(3, config.settings(operation.vendor)) then
    io.stderr:write("(sandbox: simulated, nothing leaves this machine)\n")
  end
  local call_options = { timeout = values.timeout, retry = not values.no_retry }
  local ok, answer = pcall(vendor[operation.name], args, call_options)
  if not ok then
    -- What the catalogue refuses is an error of the command line.
    if type(answer) == "table" and answer.kind == "argument" and not answer.status then
      answer.exit = 2
    end
    error(answer, 0)
  end
  local file = file_in(operation, answer)
  if file then
    return give_file(file, answer.content_type, values.output)
  end
  local text = pretty.json(pretty.printable(answer), add_names({}, help_fields.result_fields(operation)))
  if values.output then
    fs.write(values.output, text .. "\n")
  else
    print(text)
  end
  return 0
end

return { run = run, read_pairs = read_pairs, params_of = known_params,
  usage = USAGE, spec = SPEC, takes = { "operation", "parameter..." } }
