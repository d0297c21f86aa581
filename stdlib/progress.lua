-- SPDX-License-Identifier: MIT
-- beadle.progress: one line on a terminal that says how far something is. Where standard error is no
-- terminal, nothing is written, or a line now and then (`say`).
--
--   local progress <close> = progress.start { total = 200 }
--   progress:update { done = 12, failed = 1 }
--
-- While it is there, what `print` writes appears above it.

local fs = require "beadle.fs"
local time = require "beadle.time"

local M = {}

local INTERVAL_S = 0.1
local SAMPLE_S, SAMPLES = 1, 30
local OFTEN_S, SELDOM_S, LONG_S = 30, 300, 600

local Progress = {}
Progress.__index = Progress

local function duration_text(seconds)
  seconds = math.floor(seconds + 0.5)
  if seconds < 60 then
    return ("%d s"):format(seconds)
  elseif seconds < 3600 then
    return ("%d min %d s"):format(seconds // 60, seconds % 60)
  end
  return ("%d h %d min"):format(seconds // 3600, seconds % 3600 // 60)
end

M.duration_text = duration_text

-- clock_text(seconds, now) -> "14:05", with the day when that is not today: where the reader is.
function M.clock_text(seconds, now)
  local today = os.date("%Y-%m-%d", math.floor(now)) == os.date("%Y-%m-%d", math.floor(seconds))
  return os.date(today and "%H:%M" or "%Y-%m-%d %H:%M", math.floor(seconds))
end

local function parked_text(wakes)
  local count, first = 0, math.huge
  for _, at in pairs(wakes or {}) do
    count, first = count + 1, math.min(first, at)
  end
  return count, count > 0 and ("%d parked, the next until %s"):format(count, M.clock_text(first, time.now()))
end

local function ended_of(counts)
  return counts.done + counts.failed + (counts.in_doubt or 0)
end

local function add_pace(parts, counts, elapsed, rate, is_waiting)
  local ended = ended_of(counts)
  local here = ended - (counts.earlier or 0)
  rate = rate or elapsed > 0 and here / elapsed or 0
  if counts.stopping then
    parts[#parts + 1] = "stopping"
  elseif elapsed >= 1 and here > 0 then
    parts[#parts + 1] = ("%.1f/s"):format(rate)
    parts[#parts + 1] = rate > 0 and ended < counts.total and not is_waiting
      and ("%s left"):format(duration_text((counts.total - ended) / rate)) or nil
  elseif elapsed >= 1 then
    parts[#parts + 1] = duration_text(elapsed)
  end
end

-- line(counts, elapsed [, rate]) -> text. counts: done, failed, total; waiting, in_doubt; earlier, how many of these
-- had ended before; wakes, a table whose values say until when rows are parked; stopping. rate: rows a second, of late.
function M.line(counts, elapsed, rate)
  local parts = { ("%d/%d: %d done"):format(ended_of(counts), counts.total, counts.done) }
  local parked, text = parked_text(counts.wakes)
  local waiting = math.max(0, (counts.waiting or 0) - parked)
  for _, each in ipairs { { counts.failed, "failed" }, { counts.in_doubt or 0, "in doubt" }, { waiting, "waiting" } } do
    parts[#parts + 1] = each[1] > 0 and ("%d %s"):format(each[1], each[2]) or nil
  end
  parts[#parts + 1] = text or nil
  add_pace(parts, counts, elapsed, rate, waiting + parked > 0)
  return table.concat(parts, ", ")
end

-- bar(part, columns) -> "[####----]", or "" where there is no room for one.
local WIDEST_BAR, NARROWEST_BAR = 30, 8

function M.bar(part, columns)
  local width = math.min(WIDEST_BAR, columns - 2)
  if width < NARROWEST_BAR or part ~= part then
    return ""
  end
  local full = math.floor(math.min(1, math.max(0, part)) * width)
  return ("[%s%s]"):format(("#"):rep(full), ("-"):rep(width - full))
end

function Progress:clear()
  if self.shown then
    self.write "\r\27[K"
    self.shown = false
  end
end

-- Rows that ended a second, in the last while: a vendor that slows down is seen soon.
local function recent_rate(self)
  local now, ended = time.elapsed(), ended_of(self.counts)
  local samples = self.samples
  local last = samples[#samples]
  if not last or now - last.at >= SAMPLE_S then
    samples[#samples + 1] = { at = now, ended = ended }
    if #samples > SAMPLES then
      table.remove(samples, 1)
    end
  end
  local first = samples[1]
  return now - first.at >= SAMPLE_S and (ended - first.ended) / (now - first.at) or nil
end

local function text_of(self)
  return M.line(self.counts, time.elapsed() - self.started, recent_rate(self))
end

-- The cursor goes back to the line's begin, so that whoever else writes there does not write behind it.
local function draw(self)
  local line = text_of(self)
  local columns = self.columns() -- a line that is broken in two could not be taken back
  local bar = columns and self.has_bar and M.bar(ended_of(self.counts) / self.counts.total, columns - #line - 2) or ""
  line = bar ~= "" and bar .. " " .. line or line
  self.write("\r\27[K" .. (columns and line:sub(1, columns - 1) or line) .. "\r")
  self.shown = true
  self.drawn = time.elapsed()
end

-- Where nobody looks on, a line now and then: seldom enough that the log of a long run can be read.
local function note(self)
  local now = time.elapsed()
  if now - self.noted >= self.note_every then
    self.noted = now
    self.note_every = now - self.started >= LONG_S and SELDOM_S or self.note_every
    self.say(text_of(self))
  end
end

-- update(counts): draws, but not more often than one can see.
function Progress:update(counts)
  self.counts = counts
  if self.write and (not self.drawn or time.elapsed() - self.drawn >= INTERVAL_S) then
    draw(self)
  elseif self.say and not self.write then
    note(self)
  end
end

function Progress:close()
  if self.write then
    self:clear()
    rawset(_G, "print", self.print)
    self.write = nil
  end
end

Progress.__close = Progress.close

local function to_terminal(text)
  io.stderr:write(text)
  io.stderr:flush()
end

local function terminal_columns()
  return fs.columns "stderr"
end

local function is_able_terminal()
  return fs.is_terminal "stderr" and os.getenv "TERM" ~= "dumb"
end

-- start(options) -> progress. write, columns: where to and how wide that is, instead of standard error; for
-- tests. bar: whether a bar stands before the text. say(text): gets a line now and then where there is no terminal.
function M.start(options)
  local write = options.write or is_able_terminal() and to_terminal or nil
  local self = setmetatable({ write = write, columns = options.columns or terminal_columns,
    started = time.elapsed(), noted = time.elapsed(), note_every = OFTEN_S, samples = {}, has_bar = options.bar,
    say = options.say }, Progress)
  if write then
    self.print = print
    rawset(_G, "print", function(...)
      self:clear()
      self.print(...)
    end)
  end
  return self
end

return M
