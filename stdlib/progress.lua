-- SPDX-License-Identifier: MIT
-- beadle.progress: one line on a terminal that says how far something is. Where standard error is no
-- terminal, nothing is written.
--
--   local progress <close> = progress.start { total = 200 }
--   progress:update { done = 12, failed = 1 }
--
-- While it is there, what `print` writes appears above it.

local fs = require "beadle.fs"
local time = require "beadle.time"

local M = {}

local INTERVAL_S = 0.1

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

-- line(counts, elapsed) -> text: {done, failed, total, waiting, in_doubt, earlier}; earlier: how many of these had
-- ended before.
function M.line(counts, elapsed)
  local ended = counts.done + counts.failed + (counts.in_doubt or 0)
  local here = ended - (counts.earlier or 0)
  local parts = { ("%d/%d"):format(ended, counts.total) }
  if counts.failed > 0 then
    parts[#parts + 1] = ("%d failed"):format(counts.failed)
  end
  if (counts.in_doubt or 0) > 0 then
    parts[#parts + 1] = ("%d in doubt"):format(counts.in_doubt)
  end
  if (counts.waiting or 0) > 0 then
    parts[#parts + 1] = ("%d waiting"):format(counts.waiting)
  end
  if here > 0 and elapsed >= 1 then
    local rate = here / elapsed
    parts[#parts + 1] = ("%.1f/s"):format(rate)
    if ended < counts.total and (counts.waiting or 0) == 0 then
      parts[#parts + 1] = ("%s left"):format(duration_text((counts.total - ended) / rate))
    end
  elseif elapsed >= 1 then
    parts[#parts + 1] = duration_text(elapsed)
  end
  return table.concat(parts, ", ")
end

function Progress:clear()
  if self.shown then
    self.write "\r\27[K"
    self.shown = false
  end
end

-- The cursor goes back to the line's begin, so that whoever else writes there does not write behind it.
local function draw(self)
  local line = M.line(self.counts, time.elapsed() - self.started)
  local columns = self.columns() -- a line that is broken in two could not be taken back
  self.write("\r\27[K" .. (columns and line:sub(1, columns - 1) or line) .. "\r")
  self.shown = true
  self.drawn = time.elapsed()
end

-- update(counts): draws, but not more often than one can see.
function Progress:update(counts)
  self.counts = counts
  if self.write and (not self.drawn or time.elapsed() - self.drawn >= INTERVAL_S) then
    draw(self)
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
-- tests.
function M.start(options)
  local write = options.write or is_able_terminal() and to_terminal or nil
  local self = setmetatable({ write = write, columns = options.columns or terminal_columns,
    started = time.elapsed() }, Progress)
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
