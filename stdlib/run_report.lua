-- SPDX-License-Identifier: MIT
-- beadle.run_report: a run as one page for people who did not start it. The page needs no network and no script, and
-- its policy allows neither (Content Security Policy Level 3, "The default-src Directive"). Everything in it that comes
-- from the run is escaped.
--
--   write(journal, id, put)    put(text) gets the page in pieces
--   to_file(journal, id, path)

local data_of = require "beadle.run_report_data"
local digest = require "beadle.digest"
local export = require "beadle.run_export"
local reader = require "beadle.run_reader"
local style = require "beadle.run_report_style"
local time = require "beadle.time"

local M = {}

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ["\""] = "&quot;", ["'"] = "&#39;" }

local function escape(value)
  return (tostring(value):gsub("[%z\1-\8\11-\31\127]", " "):gsub("[&<>\"']", ENTITIES))
end

-- With narrow spaces between groups of three digits.
local function number(count)
  local text = tostring(count)
  local first = (#text - 1) % 3 + 1
  return text:sub(1, first) .. text:sub(first + 1):gsub("%d%d%d", "\u{202F}%0")
end

local function plural(count, one, many)
  return ("%s %s"):format(number(count), count == 1 and one or many or one .. "s")
end

local function at(seconds)
  return seconds and escape(reader.local_time(seconds)) or ""
end

-- A table; columns are {heading, class}, cells are HTML. One of many columns stands in lines on a narrow screen, each
-- with its heading.
local function table_of(columns, rows)
  local stacks = #columns > 2
  local out = { ('<div class="wide"><table%s><thead><tr>'):format(stacks and ' class="stack"' or "") }
  for _, column in ipairs(columns) do
    out[#out + 1] = ('<th scope="col"%s>%s</th>'):format(column[2] and (' class="%s"'):format(column[2]) or "",
      column[1])
  end
  out[#out + 1] = "</tr></thead><tbody>\n"
  for _, row in ipairs(rows) do
    out[#out + 1] = "<tr>"
    for index, column in ipairs(columns) do
      out[#out + 1] = ("<td%s%s>%s</td>"):format(column[2] and (' class="%s"'):format(column[2]) or "",
        stacks and (' data-h="%s"'):format(column[1]) or "", row[index] or "")
    end
    out[#out + 1] = "</tr>\n"
  end
  out[#out + 1] = "</tbody></table></div>"
  return table.concat(out)
end

-- ---------------------------------------------------------------------------------------------------
-- In plain words

local function verdict(data)
  local rows, parts = data.rows, {}
  if data.total == 0 then
    local words = { done = "It came to its end.", failed = "It did not come to its end: an error stopped it.",
      stopped = "It was stopped before its end, and can go on." }
    parts[1] = words[data.state] or "It was ended for good."
  elseif (rows.done or 0) == data.total then
    parts[1] = data.total == 1 and "The one row is done." or ("All %s rows are done."):format(number(data.total))
  else
    parts[1] = ("%s of %s done."):format(number(rows.done or 0), plural(data.total, "row is", "rows are"))
  end
  local function add(count, one, many)
    if (count or 0) > 0 then
      parts[#parts + 1] = ("%s %s."):format(number(count), count == 1 and one or many)
    end
  end
  add(rows.failed, "failed", "failed")
  add(rows.in_doubt, "is in doubt: nobody knows yet whether something was done for it",
    "are in doubt: nobody knows yet whether something was done for them")
  add(rows.parked, "waits to be tried again", "wait to be tried again")
  add(rows.running, "was begun and not finished", "were begun and not finished")
  add(rows.skipped, "was left out", "were left out")
  add(data.not_begun, "was not begun", "were not begun")
  local bad = data.state ~= "done" or (rows.failed or 0) > 0
  local doubt = (rows.in_doubt or 0) > 0 or #data.doubts > 0
  return table.concat(parts, " "), doubt and "open" or bad and "bad" or "good"
end

-- Whether more is left than rows that failed.
local function can_go_on(data)
  local rows = data.rows
  local left = data.not_begun + (rows.running or 0) + (rows.parked or 0)
  return data.state ~= "done" and data.state ~= "ended" and (left > 0 or (rows.failed or 0) == 0)
end

local function advice(data)
  local list, id = {}, escape(data.id)
  if #data.doubts > 0 or (data.rows.in_doubt or 0) > 0 then
    list[#list + 1] = ("Find out about what is in doubt, see below, and say so: <code>beadle resolve %s</code>. "
      .. "Until then nothing is sent for it again."):format(id)
  end
  if (data.rows.failed or 0) > 0 then
    list[#list + 1] = ("Correct what the errors below name, then <code>beadle %s</code>: rows that are done "
      .. "are not done again."):format(data.meta.batch and "retry " .. id .. " --failed" or "resume " .. id)
  end
  if can_go_on(data) then
    list[#list + 1] = ("<code>beadle resume %s</code> goes on where it was stopped. What is done is not done again.")
      :format(id)
  end
  return #list > 0 and "<h2>What to do now</h2>\n<ul><li>" .. table.concat(list, "</li>\n<li>") .. "</li></ul>" or ""
end

local function card(count, text, class)
  return ('<li><b%s>%s</b><span>%s</span></li>'):format(class and (' class="n-%s"'):format(class) or "", count, text)
end

local function rate_text(data)
  local count = data.total > 0 and (data.rows.done or 0) or data.effects
  if data.busy <= 0 or count == 0 or data.to - data.from < 1 then
    return nil
  end
  local rate, unit = count / data.busy * 60, "a minute"
  if rate > 600 then
    rate, unit = rate / 60, "a second"
  end
  return (rate >= 10 and "%.0f" or "%.1f"):format(rate), ("%s %s, while it worked"):format(
    data.total > 0 and "rows done" or "actions", unit)
end

local function cards(data)
  local rows, list = data.rows, {}
  if data.total > 0 then
    list[#list + 1] = card(number(rows.done or 0), data.not_begun > 0 and ("of %s rows done"):format(number(data.total))
      or "rows done", "done")
    list[#list + 1] = card(number(rows.failed or 0), "failed", (rows.failed or 0) > 0 and "failed" or nil)
    list[#list + 1] = card(number(rows.in_doubt or 0), "in doubt", (rows.in_doubt or 0) > 0 and "open" or nil)
    list[#list + 1] = data.not_begun > 0 and card(number(data.not_begun), "not begun") or nil
  end
  list[#list + 1] = card(number(data.effects), data.effects == 1 and "action at a platform" or "actions at platforms")
  local rate, unit = rate_text(data)
  list[#list + 1] = rate and card(rate, unit) or nil
  return '<ul class="cards">' .. table.concat(list, "\n") .. "</ul>"
end

-- ---------------------------------------------------------------------------------------------------
-- What happened when

local WIDTH, HEIGHT, TOP, LEFT = 720, 150, 16, 44

local function highest(bins)
  local most = 1
  for _, bin in ipairs(bins) do
    most = math.max(most, bin.done + bin.failed + bin.open)
  end
  return most
end

local CLASSES = { "done", "failed", "open" }

local function bar(data, index, bin, scale)
  local step = (WIDTH - LEFT) / #data.bins
  local out, y = {}, TOP + HEIGHT
  for _, class in ipairs(CLASSES) do
    local height = bin[class] * scale
    if height > 0 then
      height = math.max(height, 1.5)
      y = y - height
      out[#out + 1] = ('<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>'):format(class,
        LEFT + (index - 1) * step + 0.5, y, step - 1, height)
    end
  end
  if #out == 0 then
    return ""
  end
  return ("<g><title>%s: %d done, %d refused, %d in doubt</title>%s</g>\n"):format(
    at(data.from + (index - 1) * data.width), bin.done, bin.failed, bin.open, table.concat(out))
end

local function chart(data)
  local most = highest(data.bins)
  local scale, base = HEIGHT / most, TOP + HEIGHT
  local out = { ('<figure><svg viewBox="0 0 %d %d" role="img" aria-label="Actions over time">\n'):format(WIDTH,
    base + 24),
    ('<line class="axis" x1="%d" y1="%d" x2="%d" y2="%d"/><line class="axis" x1="%d" y1="%d" x2="%d" y2="%d"/>\n')
      :format(LEFT, TOP, WIDTH, TOP, LEFT, base, WIDTH, base),
    ('<text x="%d" y="%d" text-anchor="end">%s</text><text x="%d" y="%d" text-anchor="end">0</text>\n'):format(LEFT - 6,
      TOP + 4, number(most), LEFT - 6, base) }
  for index, bin in ipairs(data.bins) do
    out[#out + 1] = bar(data, index, bin, scale)
  end
  out[#out + 1] = ('<text x="%d" y="%d">%s</text><text x="%d" y="%d" text-anchor="end">%s</text></svg>\n'):format(LEFT,
    base + 17, at(data.from), WIDTH, base + 17, at(data.to))
  local key = '<svg class="key" viewBox="0 0 10 10" aria-hidden="true"><rect class="%s" width="10" height="10"/></svg> '
  out[#out + 1] = ("<figcaption>Actions sent in each %s: %sdone, %srefused, %sin doubt</figcaption></figure>"):format(
    reader.took(data.width), key:format "done", key:format "failed", key:format "open")
  return table.concat(out)
end

local function timeline(data)
  local rows = {}
  local function add(when, text)
    rows[#rows + 1] = when and { at(when), text, when = when } or nil
  end
  add(data.started, "The run was started.")
  add(data.first, "The first action was sent.")
  add(data.pause and data.pause.from, data.pause and ("Nothing was sent for about %s."):format(
    reader.took(data.pause.seconds)))
  add(data.last, "The last answer came.")
  local words = { done = "The run came to its end.", ended = "The run was ended for good." }
  add(data.ended, words[data.state] or "The run stopped.")
  table.sort(rows, function(a, b) return a.when < b.when end)
  return "<h2>What happened when</h2>\n" .. (data.effects > 0 and chart(data)
    or "<p>Nothing was sent that changes anything.</p>") .. table_of({ { "time", "t" }, { "what" } }, rows)
end

-- ---------------------------------------------------------------------------------------------------
-- What went wrong

local TO_DO = {
  argument = "Values of the row are not accepted. Correct them in the file.",
  permission = "The account may not do this. Have the right given, or use another account.",
  network = "The platform could not be reached. Try again later.",
  timeout = "The platform took too long. Try again later.",
  auth = "The platform did not accept the login. Check the account's settings with whoever keeps them.",
  not_found = "What the row names does not exist there. Check its number or address.",
  conflict = "It stands against something that is there already. Compare both, then correct the row.",
  rate_limit = "Too much was sent in a short time. Try again later, more slowly.",
  rejected = "The platform refused it. Its reason says what to correct.",
  server = "The platform had a fault of its own. Try again later; if it stays, tell its support.",
  decode = "The platform's answer could not be read. Tell whoever keeps the script.",
  io = "A file could not be read or written on this computer. Free space, or mend the disk.",
  configuration = "A setting is missing or wrong. Tell whoever keeps the script.",
  cancelled = "It was stopped by hand. It can go on.",
}
local OF_BUDGET = "The run may not use up more. Nothing was sent to the platform."
local OF_SCRIPT = "The script has a mistake. Tell whoever keeps it, with this page."

local function to_do(group)
  return group.budget and OF_BUDGET or TO_DO[group.kind] or OF_SCRIPT
end

local function row_name(entry)
  local line = entry.line and (' <span class="soft">(line %d)</span>'):format(entry.line) or ""
  return escape(entry.name) .. line
end

local function error_rows(data)
  local rows = {}
  for _, group in ipairs(data.errors) do
    local names = {}
    for _, entry in ipairs(group.rows) do
      names[#names + 1] = row_name(entry)
    end
    local what = escape(group.meaning or group.message or "unknown")
    local kind = ('<span class="soft">%s%s</span>'):format(escape((group.kind:gsub("_", " "))),
      group.code and " " .. escape(group.code) or "")
    rows[#rows + 1] = { number(group.count), what .. "<br>" .. kind, to_do(group)
      .. (group.hint and "<br>" .. escape(group.hint) or ""), table.concat(names, "<br>")
      .. (group.count > #names and ("<br>and %s more"):format(number(group.count - #names)) or "") }
  end
  return rows
end

local function errors(data)
  if #data.errors == 0 then
    return ""
  end
  return "<h2>Errors, by kind</h2>\n" .. table_of({ { "rows", "r" }, { "what" }, { "what to do" }, { "which rows" } },
    error_rows(data))
end

local function doubts(data)
  if #data.doubts == 0 then
    return ""
  end
  local rows = {}
  for index, each in ipairs(data.doubts) do
    local how = each.probe == "repeat" and "<code>beadle resume</code> finds out by itself."
      or each.hint and escape(each.hint) or "Look at the platform whether it is there."
    rows[index] = { escape(each.row), ('<span class="op">%s</span><br><span class="soft">%s</span>'):format(
      escape(each.operation),
      escape(each.about)), at(each.sent_at), how }
  end
  local more = #data.doubts == data.most_rows and ("<p>These are the first %d.</p>"):format(data.most_rows) or ""
  return "<h2>In doubt</h2>\n<p>This was sent, and no answer came. It may have happened or not.</p>\n"
    .. table_of({ { "row" }, { "what was sent" }, { "when", "t" }, { "how to find out" } }, rows) .. more
end

local OPEN = { { "failed", "Rows that failed" }, { "parked", "Rows that wait to be tried again" },
  { "running", "Rows that were begun" } }

local function why_of(err)
  if not err.meaning then
    return err.message and escape(err.message) or ""
  end
  return escape(err.meaning) .. (err.code and (' <span class="soft">(%s)</span>'):format(escape(err.code)) or "")
end

local function open_rows(data)
  local out = {}
  for _, each in ipairs(OPEN) do
    local rows = {}
    for index, entry in ipairs(data.open[each[1]] or {}) do
      local why = why_of(entry.err)
      rows[index] = { row_name(entry), entry.wake_at and ("%s again from %s"):format(why, at(entry.wake_at)) or why }
    end
    if #rows > 0 then
      local count = data.rows[each[1]] or 0
      out[#out + 1] = ("<h2>%s</h2>\n"):format(each[2]) .. table_of({ { "row" }, { "why" } }, rows)
        .. (count > #rows and ("<p>and %s more: <code>beadle runs export %s</code> lists all.</p>"):format(
          number(count - #rows), escape(data.id)) or "")
    end
  end
  return table.concat(out, "\n")
end

-- ---------------------------------------------------------------------------------------------------
-- What was sent

local function operations(data)
  local rows = {}
  for index, each in ipairs(data.operations) do
    rows[index] = { ('<code class="op">%s</code>'):format(escape(each.name)), number(each.count), number(each.done),
      number(each.failed), number(each.open), each.half and reader.took(each.half) or "", each.most
      and reader.took(each.most) or "", each.timed > 0 and reader.took(each.longest) or "" }
  end
  return #rows == 0 and "" or "<h2>What was sent</h2>\n" .. table_of({ { "action" }, { "all", "r" }, { "done", "r" },
    { "refused", "r" }, { "in doubt", "r" }, { "half took up to", "r" }, { "95 of 100 took up to", "r" },
    { "longest", "r" } }, rows)
end

local function slowest(data)
  local rows = {}
  for index, each in ipairs(data.slowest) do
    rows[index] = { reader.took(each.seconds), ('<code class="op">%s</code>'):format(escape(each.operation)),
      escape(each.row), at(each.sent_at) }
  end
  return #rows == 0 and "" or "<h2>Slowest calls</h2>\n" .. table_of({ { "took", "r" }, { "action" }, { "row" },
    { "sent", "t" } }, rows)
end

local function head(data)
  local script = data.meta.script and data.meta.script:match "[^/]*$" or "a script"
  local sandbox = data.meta.sandbox and "<p><b>This was a rehearsal in the sandbox: nothing reached a platform.</b></p>"
    or ""
  return ("<h1>%s</h1>\n<p class=\"soft\">Run %s, profile %s, started %s</p>\n%s"):format(escape(script),
    escape(data.id), escape(data.meta.profile or "none"), at(data.started), sandbox)
end

local function foot(data)
  local forgotten = data.meta.forgotten and (" %s of people who were forgotten: only the sums of these are left.")
    :format(plural(data.meta.forgotten, "entry is", "entries are")) or ""
  return ("<p class=\"soft\">Written %s, all times in %s.%s It may hold personal data: keep it as you keep lists of "
    .. "people. <code>beadle runs show %s --row ROW</code> shows each action of a row.</p>"):format(at(time.now()),
    escape(os.date "%Z"), forgotten, escape(data.id))
end

function M.write(journal, id, put)
  local data = data_of.gather(journal, id)
  local words, class = verdict(data)
  local policy = ("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'"):format(
    digest.sha256(style))
  put(('<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" '
    .. 'content="%s">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="referrer" '
    .. 'content="no-referrer">\n<title>Run %s</title>\n<style>%s</style></head><body>\n'):format(policy, escape(id),
    style))
  put(head(data))
  put(('<p class="verdict %s">%s</p>\n'):format(class, escape(words)))
  put(cards(data))
  for _, part in ipairs { advice, timeline, doubts, errors, open_rows, operations, slowest, foot } do
    put(part(data) .. "\n")
  end
  put "</body></html>\n"
end

function M.to_file(journal, id, path)
  export.to_file(path, function(put)
    M.write(journal, id, put)
  end)
end

return M
