-- SPDX-License-Identifier: MIT
-- beadle.batch_rows: what checking rows leaves, whatever stops it.

local fs = require "beadle.fs"
local rows_of = require "beadle.batch_rows"
local test = require "beadle.test"
local describe, it, equal = test.describe, test.it, test.equal

describe("keys that were seen", function()
  it("are in a file without a name, for they are about people", function()
    local path = os.tmpname()
    os.remove(path)
    local see, done = rows_of.seen(path)
    for number = 1, 12000 do -- more than are kept back before they are written
      equal(see(1, ("p%d@example.org"):format(number), number), nil)
      if number % 3000 == 0 then
        for _, ending in ipairs { "", "-journal", "-wal", "-shm" } do
          equal(fs.exists(path .. ending), false, ending)
        end
      end
    end
    equal(see(1, "p7@example.org", 12001), 7)
    equal(see(2, "p7@example.org", 12001), nil)
    getmetatable(done).__close(done)
    equal(fs.exists(path), false)
  end)
end)

test.run()
