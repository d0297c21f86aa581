-- SPDX-License-Identifier: MIT
-- The plan of a dry run, for people and for programs. For stdlib/dry_run.lua.

local dry_run = require "beadle.dry_run"
local fs = require "beadle.fs"
local json = require "beadle.json"
local pretty = require "beadle.pretty"

local M = {}

local ORDER = { "create", "update", "delete", "send", "spend", "unknown" }
local NAMES = { unknown = "other HTTP request" }
local LONGEST = 2000 -- characters of a body

local function fold(text, width)
  local lines, line = {}, text
  while pretty.width(line) > width do
    local cut = utf8.len(line) and utf8.offset(line, width + 1) or width + 1
    lines[#lines + 1] = line:sub(1, cut - 1)
    line = line:sub(cut)
  end
  lines[#lines + 1] = line
  return table.concat(lines, "\n     ")
end

local function entry_text(entry, width)
  local head = ("%3s  %s"):format(entry.number or "", entry.operation)
  local what = { entry.effect, entry["for"] }
  if entry.profile then
    what[#what + 1] = "profile " .. entry.profile
  end
  local lines = { ("%s  (%s)"):format(head, table.concat(what, ", ")) }
  if entry.method then
    lines[#lines + 1] = "     " .. fold(entry.method .. " " .. entry.url, width)
  end
  if entry.body then
    lines[#lines + 1] = "     " .. fold(pretty.shorten(entry.body, LONGEST):gsub("%c", " "), width)
  end
  lines[#lines + 1] = "     " .. dry_run.answers[entry.answer]
  return table.concat(lines, "\n")
end

-- summary(run) -> "Dry run: nothing of this was sent. 3 effects were planned ..."
function M.summary(run)
  if run.total == 0 then
    return "Dry run: nothing was to be sent: no effect was planned."
  end
  local kinds = {}
  for _, effect in ipairs(ORDER) do
    if run.counts[effect] then
      kinds[#kinds + 1] = ("%d %s"):format(run.counts[effect], NAMES[effect] or effect)
    end
  end
  return ("Dry run: nothing was sent. %d effect%s planned: %s. Paid credits: %d. E-mails: %d."):format(run.total,
    run.total == 1 and " was" or "s were", table.concat(kinds, ", "), run.counts.spend or 0, run.counts.send or 0)
end

local function show_text(run)
  local columns = fs.columns "stderr"
  local width = columns and math.max(40, columns - 5) or math.maxinteger -- a file has lines as long as they are
  local out = {}
  for _, entry in ipairs(run.plan) do
    out[#out + 1] = entry_text(entry, width)
  end
  if #out > 0 then
    table.insert(out, 1, "Plan, of which nothing was sent:")
    out[#out + 1] = ""
  end
  if run.total + run.reads > #run.plan then
    out[#out + 1] = ("%d more are only counted."):format(run.total + run.reads - #run.plan)
  end
  io.stderr:write(table.concat(out, "\n"), #out > 0 and "\n" or "")
end

local function show_json(run, status)
  local effects, reads = json.array {}, json.array {}
  for _, entry in ipairs(run.plan) do
    local list = entry.effect == "read" and reads or effects
    list[#list + 1] = entry
  end
  print(json.encode { dry_run = true, sent = 0, planned = run.total, by_effect = run.counts,
    paid_credits = run.counts.spend or 0, mails = run.counts.send or 0, profile = run.profile, exit_status = status,
    effects = effects, reads_from_plan = reads, left_out = run.total + run.reads - #run.plan })
end

-- show(run, status): the plan; its last line on standard error says that nothing was sent. As JSON it is one line, the
-- last one of standard output.
function M.show(run, status)
  io.stdout:flush()
  if run.json then
    show_json(run, status)
    io.stdout:flush()
  else
    show_text(run)
  end
  io.stderr:write(M.summary(run), "\n")
end

return M
