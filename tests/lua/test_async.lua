-- SPDX-License-Identifier: MIT
-- Tasks, scopes, and waiting in all the places where Lua allows it.

local async = require "beadle.async"
local test = require "beadle.test"
local time = require "beadle.time"
local describe, it, equal = test.describe, test.it, test.equal

local function sleeper(duration, value)
  return function()
    async.sleep(duration)
    return value
  end
end

local function failing(message)
  return function()
    async.sleep "1 ms"
    error(message, 0)
  end
end

describe("spawn", function()
  it("runs beside the caller and gives its results", function()
    local order = {}
    local task = async.spawn(function(a, b)
      async.sleep "2 ms"
      order[#order + 1] = "task"
      return a, b, nil
    end, 1, 2)
    order[#order + 1] = "caller"
    local results = table.pack(task:wait())
    test.same(order, { "caller", "task" })
    equal(results.n, 3)
    equal(results[2], 2)
    equal(task:status(), "done")
  end)

  it("takes and gives as many values as Lua has room for", function()
    local list = {}
    for i = 1, 600000 do
      list[i] = i
    end
    equal(async.spawn(select, "#", table.unpack(list)):wait(), #list)
    local task = async.spawn(table.unpack, list)
    for _ = 1, 2 do
      equal(select("#", task:wait()), #list)
    end
  end)

  it("lets several wait for one task", function()
    local task = async.spawn(sleeper("2 ms", "x"))
    local results = async.all { function() return task:wait() end, function() return task:wait() end }
    test.same(results, { "x", "x" })
  end)

  it("refuses a task that waits for itself", function()
    local task
    task = async.spawn(function()
      async.sleep "1 ms"
      return test.raises("argument", task.wait, task)
    end)
    test.match(task:wait().message, "cannot wait for itself")
  end)

  it("refuses a task that waits for the one it was spawned by", function()
    local outer
    outer = async.spawn(function()
      async.sleep "1 ms"
      local inner = async.spawn(function()
        return test.raises("argument", outer.wait, outer)
      end)
      return inner:wait()
    end)
    test.match(outer:wait().message, "spawned by")
  end)

  it("does not let a task's children outlive it", function()
    local ended = false
    async.scope(function()
      async.spawn(function()
        async.spawn(function()
          async.sleep "3 ms"
          ended = true
        end)
      end)
    end)
    test.truthy(ended)
  end)
end)

describe("a scope", function()
  it("ends after its tasks", function()
    local count = 0
    local result = async.scope(function()
      for _ = 1, 5 do
        async.spawn(function()
          async.sleep "1 ms"
          count = count + 1
        end)
      end
      return "result"
    end)
    equal(count, 5)
    equal(result, "result")
  end)

  it("raises the first error of a task and cancels the others", function()
    local other_saw, body_saw
    local err = test.raises(nil, async.scope, function()
      async.spawn(function()
        local ok, why = pcall(async.sleep, 1000)
        other_saw = not ok and why.kind
      end)
      async.spawn(failing "first")
      local ok, why = pcall(async.sleep, 1000)
      body_saw = not ok and why.kind
    end)
    equal(err, "first")
    equal(other_saw, "cancelled")
    equal(body_saw, "cancelled")
  end)

  it("raises the body's error and cancels its tasks", function()
    local saw
    local err = test.raises(nil, async.scope, function()
      async.spawn(function()
        local ok, why = pcall(async.sleep, 1000)
        saw = not ok and why.kind
      end)
      async.sleep "1 ms"
      error("body", 0)
    end)
    equal(err, "body")
    equal(saw, "cancelled")
  end)

  it("fails even when the body swallows what it saw", function()
    local err = test.raises(nil, async.scope, function()
      async.spawn(failing "child")
      pcall(async.sleep, 1000)
      return "fine"
    end)
    equal(err, "child")
  end)

  it("that failed leaves nothing behind for the next wait", function()
    pcall(async.scope, function()
      async.spawn(failing "child")
      pcall(async.sleep, 1000)
    end)
    async.sleep "1 ms"
  end)

  it("passes a failure through scopes inside each other", function()
    local err = test.raises(nil, async.scope, function()
      async.scope(function()
        async.spawn(function()
          async.scope(function()
            async.spawn(failing "deep")
            async.sleep(1000)
          end)
        end)
        async.sleep(1000)
      end)
    end)
    equal(err, "deep")
  end)

  it("names the cause in what the cancelled ones see", function()
    local saw
    pcall(async.scope, function()
      async.spawn(function()
        local _, why = pcall(async.sleep, 1000)
        saw = why
      end)
      async.spawn(failing "the cause")
    end)
    equal(saw.cause, "the cause")
  end)

  it("refuses new tasks when it is ending", function()
    local refused
    pcall(async.scope, function()
      async.spawn(function()
        pcall(async.sleep, 1000)
        -- Its own scope may still be opened: it is the task's, not the failing one.
        refused = select(2, pcall(async.scope, function() async.spawn(async.sleep, 0) end))
      end)
      async.spawn(failing "x")
    end)
    equal(refused, nil)
  end)

  it("keeps a failure as an answer when the task is spawned with try", function()
    local value, err = async.scope(function()
      local task = async.spawn(beadle.try, function()
        error(beadle.error.new { kind = "rejected", message = "no" }, 0)
      end)
      return task:wait()
    end)
    equal(value, nil)
    equal(err.kind, "rejected")
  end)
end)

describe("a scope in a coroutine", function()
  local function open_scope(ended)
    return coroutine.wrap(function()
      async.scope(function()
        async.spawn(function()
          async.sleep "3 ms"
          ended[#ended + 1] = "inner"
        end)
        coroutine.yield()
      end)
    end)
  end

  it("ends with its task when it is never resumed, as all others do", function()
    local ended = {}
    async.spawn(function()
      async.spawn(function()
        async.sleep "6 ms"
        ended[#ended + 1] = "outer"
      end)
      open_scope(ended)()
    end):wait()
    table.sort(ended) -- who was first is the machine's affair
    test.same(ended, { "inner", "outer" })
  end)

  it("ends in the order of the program, not of the scopes", function()
    local ended = {}
    local finish = open_scope(ended)
    finish()
    async.scope(function()
      finish()
      test.same(ended, { "inner" })
      async.spawn(function()
        async.sleep "1 ms"
        ended[2] = "second"
      end)
    end)
    test.same(ended, { "inner", "second" })
  end)

  it("is refused in another task", function()
    local finish = open_scope {}
    async.spawn(finish):wait()
    collectgarbage()
    local err = test.raises("argument", finish)
    test.match(err.message, "another task")
  end)

  it("is refused where its tasks cannot be waited for", function()
    local ended = {}
    async.spawn(function()
      local finish = open_scope(ended)
      finish()
      local _, err = pcall(table.sort, { 1, 2 }, finish)
      test.match(err.message, "must return at once")
      async.sleep "1 ms"
    end):wait()
    test.same(ended, { "inner" })
  end)
end)

describe("cancelling", function()
  it("reaches the children of a task that is just about to end", function()
    local child
    local task
    task = async.spawn(function()
      child = async.spawn(async.sleep, "1 hour")
      task:cancel()
    end)
    test.raises("cancelled", task.wait, task)
    equal(child:status(), "failed")
  end)

  it("shows at the call that waits, and close variables may wait", function()
    local seen = {}
    local task = async.spawn(function()
      local guard <close> = setmetatable({}, { __close = function(_, err)
        async.sleep "1 ms"
        seen.closed = err.kind
      end })
      seen.guard = guard ~= nil
      async.sleep(1000)
    end)
    async.sleep "1 ms"
    task:cancel()
    test.raises("cancelled", task.wait, task)
    equal(seen.closed, "cancelled")
    equal(task:status(), "failed")
  end)

  it("before it began keeps a task from running", function()
    local ran = false
    local task = async.spawn(function() ran = true end)
    task:cancel()
    test.raises("cancelled", task.wait, task)
    equal(ran, false)
  end)

  it("is delivered once: the task may clean up", function()
    local cleaned = false
    local task = async.spawn(function()
      pcall(async.sleep, 1000)
      async.sleep "1 ms"
      cleaned = true
    end)
    async.sleep "1 ms"
    task:cancel()
    task:wait()
    test.truthy(cleaned)
  end)

  it("does not take back what a task was woken for: it shows at the next wait", function()
    local event, woken = async.event(), false
    local task = async.spawn(function()
      event:wait()
      woken = true
      return select(2, pcall(async.sleep, 1000)).kind
    end)
    async.sleep "1 ms"
    event:set()
    task:cancel()
    equal(task:wait(), "cancelled")
    test.truthy(woken)
  end)

  it("reaches through a scope to its tasks", function()
    local inner_saw
    local task = async.spawn(function()
      async.scope(function()
        async.spawn(function()
          local _, why = pcall(async.sleep, 1000)
          inner_saw = why.kind
        end)
      end)
    end)
    async.sleep "1 ms"
    task:cancel()
    test.raises("cancelled", task.wait, task)
    equal(inner_saw, "cancelled")
  end)

  it("an ended task does nothing", function()
    local task = async.spawn(function() return 1 end)
    task:wait()
    task:cancel()
    equal(task:wait(), 1)
  end)

  it("does not fail the scope of the cancelled task", function()
    local result = async.scope(function()
      local task = async.spawn(async.sleep, 1000)
      async.sleep "1 ms"
      task:cancel()
      return "fine"
    end)
    equal(result, "fine")
  end)
end)

describe("all", function()
  it("gives results in order", function()
    test.same(async.all { sleeper("5 ms", 1), sleeper("1 ms", 2) }, { 1, 2 })
  end)

  it("of nothing is nothing", function()
    test.same(async.all {}, {})
  end)

  it("fails with the first failure", function()
    equal(test.raises(nil, async.all, { sleeper(1000, 1), failing "x" }), "x")
  end)
end)

describe("race", function()
  it("gives the first and cancels the others", function()
    local saw
    local winner = async.race {
      sleeper("2 ms", "fast"),
      function()
        local _, why = pcall(async.sleep, 1000)
        saw = why.kind
      end,
    }
    equal(winner, "fast")
    equal(saw, "cancelled")
  end)

  it("fails when the first to end fails", function()
    equal(test.raises(nil, async.race, { sleeper(1000, 1), failing "x" }), "x")
  end)

  it("gives all results of the winner", function()
    local results = table.pack(async.race { function() return 1, nil, 3 end })
    equal(results.n, 3)
    equal(results[3], 3)
  end)

  it("needs a function", function()
    test.raises("argument", async.race, {})
  end)
end)

describe("map", function()
  it("keeps the order and the limit", function()
    local running, most = 0, 0
    local results = async.map({ 5, 4, 3, 2, 1 }, { concurrency = 2 }, function(x, index)
      running = running + 1
      most = math.max(most, running)
      async.sleep(x / 1000)
      running = running - 1
      return x * 10 + index
    end)
    test.same(results, { 51, 42, 33, 24, 15 })
    equal(most, 2)
  end)

  it("keeps nil as false: the list has no holes", function()
    local results = async.map({ 1, 2, 3 }, function(x)
      if x == 2 then
        return x
      end
    end)
    test.same(results, { false, 2, false })
    equal(#results, 3)
  end)

  it("stops at the first failure", function()
    local begun = 0
    local err = test.raises(nil, async.map, { 1, 2, 3, 4, 5, 6 }, { concurrency = 2 }, function(x)
      begun = begun + 1
      async.sleep "1 ms"
      if x == 2 then
        error("x", 0)
      end
      async.sleep "5 ms"
    end)
    equal(err, "x")
    test.truthy(begun < 6)
  end)

  it("refuses a concurrency that is none", function()
    test.raises("argument", async.map, { 1 }, { concurrency = 0 }, print)
    test.raises("argument", async.map, { 1 }, { concurency = 1 }, print)
  end)
end)

describe("timeout", function()
  it("raises when it takes too long, and the function sees it", function()
    local saw
    test.raises("timeout", async.timeout, "5 ms", function()
      local ok, why = pcall(async.sleep, 1000)
      saw = not ok and why.kind
      error(why, 0)
    end)
    equal(saw, "timeout")
  end)

  it("is not stopped by what tries again and again", function()
    local tries = 0
    local value, err = beadle.try(async.timeout, "5 ms", function()
      repeat
        tries = tries + 1
        beadle.try(async.sleep, 1000)
      until tries == 10
    end)
    equal(value, nil)
    equal(err.kind, "timeout")
    equal(tries, 1)
  end)

  it("passes results and arguments through", function()
    local a, b = async.timeout(1000, function(...) return ... end, 1, nil)
    equal(a, 1)
    equal(b, nil)
  end)

  it("passes other errors through", function()
    equal(test.raises(nil, async.timeout, 1000, failing "x"), "x")
  end)
end)

describe("sleep", function()
  it("takes at least as long as told", function()
    local start = time.elapsed()
    async.sleep "20 ms"
    test.truthy(time.elapsed() - start >= 0.0199)
  end)

  it("refuses what is no duration", function()
    test.raises("argument", async.sleep, "soon")
    test.raises("argument", async.sleep, -1)
    test.raises("argument", async.sleep, {})
    test.raises("argument", async.sleep, 0 / 0)
  end)

  it("wakes in the order of the deadlines", function()
    local order = {}
    async.scope(function()
      for _, ms in ipairs { 90, 30, 60 } do
        async.spawn(function()
          async.sleep(ms / 1000)
          order[#order + 1] = ms
        end)
      end
    end)
    test.same(order, { 30, 60, 90 })
  end)
end)

describe("an event", function()
  it("wakes all that wait, and those that come later at once", function()
    local event, count = async.event(), 0
    async.scope(function()
      for _ = 1, 3 do
        async.spawn(function()
          event:wait()
          count = count + 1
        end)
      end
      async.sleep "1 ms"
      event:set()
    end)
    event:wait()
    equal(count, 3)
  end)
end)

describe("waiting works", function()
  it("inside pcall, xpcall, metamethods, for iterators and close variables", function()
    local object = setmetatable({}, {
      __index = function() async.sleep(0) return "index" end,
      __call = function() async.sleep(0) return "call" end,
      __add = function() async.sleep(0) return "add" end,
      __lt = function() async.sleep(0) return true end,
      __concat = function() async.sleep(0) return "concat" end,
      __close = function() async.sleep(0) end,
    })
    equal(select(2, pcall(function() async.sleep(0) return 1 end)), 1)
    equal(select(2, xpcall(function() async.sleep(0) return 2 end, print)), 2)
    equal(object.x, "index")
    equal(object(), "call")
    equal(object + 1, "add")
    equal(object < object, true)
    equal(object .. "x", "concat")
    local count = 0
    for _ in function(_, x) async.sleep(0) return (x or 0) < 3 and (x or 0) + 1 or nil end do
      count = count + 1
    end
    equal(count, 3)
    do
      local guard <close> = object
      test.truthy(guard)
    end
  end)

  it("inside a script's own coroutines, also nested", function()
    local function numbers(n)
      return coroutine.wrap(function()
        for i = 1, n do
          async.sleep "1 ms"
          coroutine.yield(i)
        end
      end)
    end
    local outer = coroutine.wrap(function()
      for i in numbers(3) do
        async.sleep "1 ms"
        coroutine.yield(i * 10)
      end
    end)
    local seen = {}
    for i in outer do
      seen[#seen + 1] = i
    end
    test.same(seen, { 10, 20, 30 })
  end)

  it("with coroutine.resume, which gives what the coroutine yields", function()
    local co = coroutine.create(function(a)
      async.sleep "1 ms"
      local b = coroutine.yield(a + 1)
      async.sleep "1 ms"
      return b + 1
    end)
    test.same({ coroutine.resume(co, 1) }, { true, 2 })
    test.same({ coroutine.resume(co, 10) }, { true, 11 })
    equal(coroutine.status(co), "dead")
    test.same({ coroutine.resume(co) }, { false, "cannot resume dead coroutine" })
  end)

  it("and an error after a wait leaves the coroutine as in Lua", function()
    local generator = coroutine.wrap(function()
      async.sleep "1 ms"
      error("inside", 0)
    end)
    test.match(test.raises(nil, generator), "inside")
  end)

  it("and cancelling reaches through a generator", function()
    local task = async.spawn(function()
      for _ in coroutine.wrap(function() async.sleep(1000) end) do
        error "never"
      end
    end)
    async.sleep "1 ms"
    task:cancel()
    test.raises("cancelled", task.wait, task)
  end)
end)

describe("a coroutine that waits in another task", function()
  it("can neither be resumed nor closed meanwhile", function()
    local co = coroutine.create(function() async.sleep "5 ms" return "done" end)
    local task = async.spawn(coroutine.resume, co)
    async.sleep "1 ms"
    test.match(test.raises("argument", coroutine.resume, co), "waits for a call")
    test.match(test.raises("argument", coroutine.close, co), "waits for a call")
    test.same({ task:wait() }, { true, "done" })
  end)
end)

describe("waiting is refused", function()
  local function refused(fn, ...)
    return test.raises("argument", fn, ...).message
  end

  it("in a table.sort comparator", function()
    test.match(refused(table.sort, { 3, 1, 2 }, function(a, b) async.sleep(0) return a < b end), "has to wait")
  end)

  it("in a string.gsub callback", function()
    test.match(refused(string.gsub, "x", "x", function() async.sleep(0) end), "has to wait")
  end)

  it("in __tostring", function()
    test.match(refused(tostring, setmetatable({}, { __tostring = function() async.sleep(0) end })), "has to wait")
  end)

  it("in a generator that such a function resumes", function()
    local generator = coroutine.wrap(function() async.sleep(0) end)
    test.match(refused(table.sort, { 2, 1 }, function() generator() end), "has to wait")
  end)
end)

describe("the coroutine library", function()
  it("raises at the end of C's stack, and waiting goes on as before", function()
    local overflows = 0
    local function resume_deeper()
      local function note(ok, err)
        overflows = overflows + (not ok and tostring(err):find "C stack overflow" and 1 or 0)
      end
      table.sort({ 1, 2 }, function() -- whichever of the two meets the end itself
        note(pcall(coroutine.resume, coroutine.create(os.time)))
        note(pcall(pcall, coroutine.resume, coroutine.create(os.time)))
        pcall(resume_deeper)
        return false
      end)
    end
    pcall(resume_deeper)
    test.truthy(overflows > 0)
    async.sleep "1 ms"
  end)

  it("sees a task's body as the main coroutine", function()
    local _, is_main = coroutine.running()
    equal(is_main, true)
    equal(coroutine.isyieldable(), false)
    test.raises("argument", coroutine.yield)
    equal(coroutine.wrap(function() return coroutine.isyieldable() end)(), true)
  end)

  it("refuses to resume or close a task", function()
    local thread = coroutine.running()
    local task = async.spawn(function()
      test.raises("argument", coroutine.resume, thread)
      test.raises("argument", coroutine.close, thread)
    end)
    task:wait()
  end)

  it("closes a suspended coroutine", function()
    local closed = false
    local co = coroutine.create(function()
      local guard <close> = setmetatable({}, { __close = function() closed = true end })
      coroutine.yield(guard ~= nil)
    end)
    coroutine.resume(co)
    equal(coroutine.close(co), true)
    test.truthy(closed)
  end)
end)

describe("try", function()
  it("gives results, or nil and the error value", function()
    test.same({ beadle.try(function() return 1, 2 end) }, { 1, 2 })
    local value, err = beadle.try(function()
      async.sleep(0)
      error(beadle.error.new { kind = "not_found", message = "gone" }, 0)
    end)
    equal(value, nil)
    equal(err.kind, "not_found")
  end)

  it("lets errors of Lua and cancellations through", function()
    test.match(test.raises(nil, beadle.try, function() local x = nil; return x.y end), "index a nil value")
    local task = async.spawn(beadle.try, async.sleep, 1000)
    async.sleep "1 ms"
    task:cancel()
    test.raises("cancelled", task.wait, task)
  end)
end)

test.run()
