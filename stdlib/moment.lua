-- SPDX-License-Identifier: MIT
-- beadle.moment: moments as people write them.
--
--   read("2026-03-01T08:00:00Z") -> seconds since 1970. A number is taken as such. Texts are dates of RFC 3339 and what
--   is left when their ends are left out: "2026-03-01T08:00+01:00", "2026-03-01 08:00" (in this machine's time zone),
--   "2026-03-01" (its midnight)

local error_value = require "beadle.error"

local M = {}

local function fail(value)
  error(error_value.new { kind = "argument", outcome = "none", message = ("\"%s\" is no moment"):format(
    tostring(value)), hint = "Such as \"2026-03-01T08:00:00Z\", \"2026-03-01 08:00\" or seconds since 1970." }, 0)
end

-- Days from 1970-01-01 in the Gregorian calendar.
local function days(year, month, day)
  year = month <= 2 and year - 1 or year
  local shifted = (month + 9) % 12
  return 365 * year + year // 4 - year // 100 + year // 400 + (153 * shifted + 2) // 5 + day - 1 - 719468
end

local LENGTHS = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local function is_date(year, month, day)
  local leap = month == 2 and (year % 4 == 0 and year % 100 ~= 0 or year % 400 == 0)
  return month >= 1 and month <= 12 and day >= 1 and day <= LENGTHS[month] + (leap and 1 or 0)
end

local function read_zone(zone)
  if zone == "Z" or zone == "z" then
    return 0
  end
  local sign, hours, minutes = zone:match "^([+-])(%d%d):?(%d%d)$"
  return sign and (sign == "-" and -1 or 1) * (tonumber(hours) * 3600 + tonumber(minutes) * 60)
end

local function read_text(text)
  local year, month, day, rest = text:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$"
  if not year then
    return nil
  end
  local hour, minute, behind = rest:match "^[Tt ](%d%d):(%d%d)(.*)$"
  local second, zone = (behind or ""):match "^:(%d%d)(.*)$"
  zone = zone or behind or ""
  if rest ~= "" and not hour then
    return nil
  end
  local at = { year = math.tointeger(tonumber(year)), month = math.tointeger(tonumber(month)),
    day = math.tointeger(tonumber(day)), hour = tonumber(hour or 0), min = tonumber(minute or 0),
    sec = tonumber(second or 0) }
  if not is_date(at.year, at.month, at.day) or at.hour > 23 or at.min > 59 or at.sec > 60 then
    return nil
  elseif zone == "" then
    return os.time(at)
  end
  local offset = read_zone(zone)
  return offset and days(at.year, at.month, at.day) * 86400 + at.hour * 3600 + at.min * 60 + at.sec - offset
end

function M.read(value)
  if type(value) == "number" and value == value and math.abs(value) ~= math.huge then
    return value
  end
  return type(value) == "string" and read_text(value) or fail(value)
end

return M
