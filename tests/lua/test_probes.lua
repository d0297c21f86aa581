-- SPDX-License-Identifier: MIT
-- Whether an effect happened whose answer was lost: every operation of every vendor that has an effect, against its
-- twin, once with a reply that is lost and once with a request that is. What a call needs is the operation's own
-- example, or is said here.

local catalogue = require "beadle.catalogue"
local gate = require "beadle.gate"
local json = require "beadle.json"
local probe = require "beadle.catalogue.probe"
local sandbox = require "beadle.sandbox"
local test = require "beadle.test"
local describe, it, equal, same = test.describe, test.it, test.equal, test.same

local module = {}
for _, name in ipairs(catalogue.vendors()) do
  module[name] = require("beadle." .. name)
end

local ADA = { gen_id = 3, ema = "ada@example.org", fst_nam = "Ada", lst_nam = "Lovelace" }

local function candidate()
  return module.isograd.create_candidate(ADA)
end

local function planned()
  candidate()
  return { pla_tst_id = module.isograd.add_test { ema = ADA.ema, tst_frm_id = 101 }.pla_tst_id }
end

local function finished()
  local args = planned()
  sandbox.isograd.start_test(args)
  sandbox.isograd.finish_test { pla_tst_id = args.pla_tst_id, num_val = 742 }
  return args
end

local function role()
  module.scodoc.role_create { role_name = "Laveur", permissions = { "ScoView" } }
end

-- A call that fetches a token: a reset has ended the one before, and its refusal shall not be what is lost.
local SIGN_IN = {
  isograd = function() module.isograd.list_available_tests() end,
  scodoc = function() module.scodoc.departements() end,
  inspera = function()
    module.inspera.create_committees { testId = 3437420, committees = { { name = "Jury Z" } } }
  end,
}

-- By operation: a table of arguments, or a function that prepares the twin and gives them.
local ARGS = {
  ["isograd.add_test"] = function() candidate() return { ema = ADA.ema, tst_frm_id = 101 } end,
  ["isograd.add_another_test"] = function() candidate() return { ema = ADA.ema, tst_frm_id = 101 } end,
  ["isograd.set_proctoring"] = function()
    local args = planned()
    args.act_id = 16
    return args
  end,
  ["isograd.add_proctoring"] = planned, ["isograd.remove_proctoring"] = planned, ["isograd.delete_test"] = planned,
  ["isograd.add_confirmation_test"] = finished,
  ["isograd.update_candidate"] = function() return { can_id = candidate().can_id, lst_nam = "King" } end,
  ["isograd.delete_candidate"] = function() return { can_id = candidate().can_id } end,
  ["isograd.send_registration_email"] = function() return { can_id = candidate().can_id, mai_tem_id = 7 } end,
  ["isograd.anonymize_candidate"] = function() candidate() return { ema = ADA.ema } end,
  ["scodoc.departement_edit"] = { dept_acronym = "INFO", visible = false },
  ["scodoc.departement_delete"] = { dept_acronym = "INFO" },
  ["scodoc.partition_group_create"] = { partition_id = 1, group_name = "C" },
  ["scodoc.group_edit"] = { group_id = 211, group_name = "nouveau" },
  ["scodoc.partition_groups_order"] = { partition_id = 1, group_ids = { 212, 211 } },
  ["scodoc.group_delete"] = { group_id = 211 },
  ["scodoc.group_set_etudiant"] = { group_id = 212, etudid = 101 },
  ["scodoc.group_remove_etudiant"] = { group_id = 211, etudid = 101 },
  ["scodoc.formsemestre_partition_create"] = { formsemestre_id = 3, partition_name = "LV2" },
  ["scodoc.partition_edit"] = { partition_id = 1, partition_name = "PART4" },
  ["scodoc.formsemestre_partitions_order"] = { formsemestre_id = 3, partition_ids = { 3, 2, 1 } },
  ["scodoc.partition_delete"] = { partition_id = 2 },
  ["scodoc.partition_remove_etudiant"] = { partition_id = 1, etudid = 101 },
  ["scodoc.role_delete"] = function() role() return { role_name = "Laveur" } end,
  ["scodoc.role_edit"] = function() role() return { role_name = "Laveur", name = "Vitrier" } end,
  ["scodoc.user_edit"] = { uid = 3, active = false },
  ["scodoc.user_password"] = { uid = 3, password = "Essai-Secret-0042" },
  ["scodoc.user_role_add"] = { uid = 3, role_name = "Ens", dept_acronym = "MMI" },
  ["scodoc.user_role_remove"] = { uid = 3, role_name = "Ens" },
  ["syfadis.restore_user"] = function() module.syfadis.archive_user { id = 327681 } return { id = 327681 } end,
  ["syfadis.restore_group"] = function()
    local args = { set = "Structures", id = 2228224 }
    module.syfadis.archive_group(args)
    return args
  end,
  ["syfadis.set_user_picture"] = { id = 327680, ImageContent = "\137PNG" },
  ["syfadis.record_tutor_attendance"] = { MeetingSessionId = 2311913488, TutorId = 327689, PresenceHours = 9 },
  ["syfadis.upload_attendance_sheet"] = { MeetingSessionId = 2311913488, DocumentName = "a.pdf",
    DocumentContent = "%PDF" },
}
for _, side in ipairs { "front", "back" } do
  for sort, owner in pairs { group = 2228224, domain = 131072 } do
    ARGS[("syfadis.set_%s_office_%s_privilege"):format(side, sort)] = { TrainingId = 2686977, OwnerId = owner,
      Privilege = module.syfadis.privilege.register, State = true }
  end
end

-- Further calls of operations that tell in several ways.
local MORE = {
  { "scodoc.role_edit", function() role() return { role_name = "Laveur", permissions = { "ScoUsersView" } } end },
  { "scodoc.role_edit", function()
    role()
    return { role_name = "Laveur", name = "Vitrier", permissions = { "ScoUsersView", "ScoView" } }
  end },
  { "isograd.add_test", function() candidate() return { ema = ADA.ema, tst_frm_id = 101, act_id = 9 } end, "none" },
  { "syfadis.register_trainee", { set = "EvaluationTrainees", SessionId = 2850816, UserId = 327681 } },
  { "syfadis.unregister_trainee", { EvaluationTraineeId = 2916400 } },
  { "syfadis.create_user", { FirstName = "Ada", LastName = "Lovelace" }, "none" },
  { "inspera.delete_committees", { testId = 3437420, committees = { { name = "Jury A" }, { name = "Jury B" } } },
    "none" },
}

-- ---------------------------------------------------------------------------------------------------
-- One call, of which something is lost

local function args_of(operation)
  local args = ARGS[operation.full_name]
  if type(args) == "function" then
    return args()
  elseif args then
    return args
  end
  local caught
  local env = setmetatable({ [operation.vendor] = setmetatable({}, { __index = function(_, name)
    return name == operation.name and function(given) caught = given end or module[operation.vendor][name]
  end }) }, { __index = _G })
  assert(load(operation.example, operation.full_name, "t", env))()
  return caught
end

local function call(operation, args)
  return module[operation.vendor][operation.name](args, { retry = false })
end

-- Makes the call with a fault, and gives its effect.
local function lose(operation, args, fault)
  local seen
  sandbox[operation.vendor].fault { kind = fault, operation = operation.variant_of or operation.name }
  local ok, err = pcall(gate.with, function(effect, send)
    seen, effect.before = effect, probe.before(effect)
    return send()
  end, call, operation, args)
  same({ ok, err.outcome }, { false, "unknown" })
  return seen
end

-- Sends it again, where that tells.
local function settle(operation, args, effect)
  local verdict, what = probe.settle(effect)
  if verdict == "repeat" then
    return probe.read_repeat(effect, pcall(call, operation, args))
  end
  return verdict, what
end

-- The ids of a result are those that the call would have answered, had it not been lost.
local function check_result(record, result, usual)
  local compared = 0
  for name, value in pairs(usual) do
    if math.type(value) == "integer" then
      equal(result[name], value)
      compared = compared + 1
    end
  end
  if record.probe.result and not record.probe.gone then
    test.truthy(compared > 0)
  end
end

local function try(operation, make, kind)
  local function fresh()
    sandbox.reset();
    (SIGN_IN[operation.vendor] or function() end)()
    return make(operation)
  end
  local usual = call(operation, fresh())

  local args = fresh()
  local effect = lose(operation, args, "lost reply")
  local record = probe.record(effect)
  local verdict, result = settle(operation, args, effect)
  if kind == "none" then
    equal(verdict, "unknown")
    test.match(result, "%a")
    return
  end
  same({ verdict, verdict ~= "happened" and result or nil }, { "happened" })
  check_result(record, result, usual)

  args = fresh()
  effect = lose(operation, args, "lost request")
  verdict, result = settle(operation, args, effect)
  if kind == "read" then
    same({ verdict, result }, { "not" })
    check_result(record, call(operation, args), usual) -- and may be sent again
  else
    equal(verdict, "happened")
    check_result(record, result, usual)
  end
end

describe("an effect whose answer is lost", function()
  local count = 0
  for _, vendor in ipairs(catalogue.vendors()) do
    for _, operation in ipairs(catalogue.describe(vendor).operations) do
      if operation.effect ~= "read" and not operation.removed then
        count = count + 1
        it(("is settled: %s (%s)"):format(operation.full_name, operation.probe.kind), function()
          try(operation, args_of, operation.full_name == "isograd.set_proctoring" and "none" or operation.probe.kind)
        end)
      end
    end
  end

  for i, each in ipairs(MORE) do
    local vendor, name = each[1]:match "^(.*)%.(.*)$"
    for _, operation in ipairs(catalogue.describe(vendor).operations) do
      if operation.name == name then
        it(("is settled: %s, call %d"):format(each[1], i), function()
          try(operation, function()
            return type(each[2]) == "function" and each[2]() or each[2]
          end, each[3] or operation.probe.kind)
        end)
      end
    end
  end

  it("is tried of all vendors", function()
    test.truthy(count > 70)
  end)
end)

-- ---------------------------------------------------------------------------------------------------
-- What could be taken for the effect

local function operation_of(full_name)
  local vendor, name = full_name:match "^(.*)%.(.*)$"
  for _, operation in ipairs(catalogue.describe(vendor).operations) do
    if operation.name == name then
      return operation
    end
  end
end

local GROUP = { set = "Structures", Name = "Ada's" }

local function lose_group(fault)
  return lose(operation_of "syfadis.create_group", GROUP, fault)
end

local function groups()
  local ids = {}
  for _, group in ipairs(module.syfadis.list_groups { set = GROUP.set, filter = "Name eq 'Ada''s'" }.value) do
    ids[#ids + 1] = group.Id
  end
  return ids
end

describe("of several alike", function()
  test.before_each(sandbox.reset)

  it("the one that was there before is not taken for the effect's", function()
    local earlier = module.syfadis.create_group(GROUP).Id
    local effect = lose_group "lost request"
    same(effect.before, { earlier })
    same({ probe.settle(effect) }, { "not" })
    same(groups(), { earlier })
  end)

  it("the new one is the effect's", function()
    local earlier = module.syfadis.create_group(GROUP).Id
    local verdict, result = probe.settle(lose_group "lost reply")
    equal(verdict, "happened")
    same(groups(), { earlier, result.Id })
  end)

  it("two new ones leave a doubt, until one is known to be another's", function()
    local effect = lose_group "lost reply"
    local other = module.syfadis.create_group(GROUP).Id
    local verdict, why = probe.settle(effect)
    equal(verdict, "unknown")
    test.match(why, "list_groups shows 2 like it that were not there before")
    effect.taken = { other }
    local result
    verdict, result = probe.settle(effect)
    same({ verdict, result.Id }, { "happened", groups()[1] })
  end)

  it("nothing is guessed when nobody looked before", function()
    local effect = lose_group "lost reply"
    effect.before = nil
    local verdict, why = probe.settle(effect)
    equal(verdict, "unknown")
    test.match(why, "what was there before it was sent was not noted")
    sandbox.reset()
    effect = lose_group "lost request"
    effect.before = nil
    same({ probe.settle(effect) }, { "not" }) -- there is none at all
  end)

  it("only those need a look before that cannot be told apart", function()
    local seen = {}
    gate.with(function(effect, send)
      seen[effect.operation] = probe.before(effect) or false
      return send()
    end, function()
      candidate()
      module.scodoc.role_create { role_name = "Laveur", permissions = { "ScoView" } }
      module.syfadis.create_group(GROUP)
    end)
    same(seen, { ["isograd.create_candidate"] = false, ["scodoc.role_create"] = false,
      ["syfadis.create_group"] = {} })
  end)
end)

describe("a probe", function()
  test.before_each(sandbox.reset)

  it("that cannot be asked settles nothing, and may be asked again", function()
    local effect = lose_group "lost reply"
    sandbox.syfadis.fault { kind = "status", status = 503, operation = "list_groups", times = 10 }
    local verdict, why, err = probe.settle(effect)
    same({ verdict, err.kind }, { "unknown", "server" })
    test.match(why, "list_groups could not be asked")
  end)

  it("may find what the vendor calls otherwise", function()
    local effect = lose(operation_of "scodoc.partition_group_create", { partition_id = 1, group_name = "C" },
      "lost reply")
    equal(effect.operation, "scodoc.partition_group_create")
    effect.params.group_name = "D"
    same({ probe.settle(effect) }, { "not" })
  end)

  it("reads versions that write things otherwise", function()
    sandbox.scodoc.set { group_key = "name", partitions_object = true }
    for name, args in pairs { partition_group_create = { partition_id = 1, group_name = "C" },
      formsemestre_partition_create = { formsemestre_id = 3, partition_name = "LV2" } } do
      local operation = operation_of("scodoc." .. name)
      equal(probe.settle(lose(operation, args, "lost request")), "not")
      local verdict, result = probe.settle(lose(operation, args, "lost reply"))
      same({ verdict, math.type(result.id) }, { "happened", "integer" })
    end
  end)

  it("knows that what is archived may no longer be found", function()
    sandbox.syfadis.set { archived_readable = false }
    local archive, restore = operation_of "syfadis.archive_user", operation_of "syfadis.restore_user"
    equal(probe.settle(lose(archive, { id = 327681 }, "lost reply")), "happened")
    equal(probe.settle(lose(restore, { id = 327681 }, "lost request")), "not")
    equal(probe.settle(lose(restore, { id = 327681 }, "lost reply")), "happened")
    equal(probe.settle(lose(archive, { id = 327681 }, "lost request")), "not")
  end)

  it("that finds no place to look at does not take that for gone", function()
    local effect = lose(operation_of "syfadis.remove_user_role", { id = 327680, UserRoleId = 524290 }, "lost request")
    sandbox.syfadis.set { archived_readable = false }
    module.syfadis.archive_user { id = 327680 }
    local verdict, why, err = probe.settle(effect)
    same({ verdict, err }, { "unknown" })
    test.match(why, "does not find where to look")
  end)

  it("of a renaming that was refused does not take another's name for its own", function()
    role()
    module.scodoc.role_create { role_name = "Vitrier", permissions = { "ScoView" } }
    local effect = lose(operation_of "scodoc.role_edit", { role_name = "Laveur", name = "Vitrier" }, "lost reply")
    same({ probe.settle(effect) }, { "not" })
  end)

  it("goes where the effect went: same sub-account, same profile", function()
    SIGN_IN.isograd()
    local args = planned()
    args.sub_com_id = 7
    local effect = lose(operation_of "isograd.delete_test", args, "lost request")
    equal(effect.profile, "sandbox")
    probe.settle(effect)
    local requests = sandbox.isograd.requests()
    test.match(requests[#requests].body, "sub_com_id=7")
    effect.profile = "no_such_profile"
    local verdict, _, err = probe.settle(effect)
    same({ verdict, err.kind }, { "unknown", "configuration" })
  end)

  it("takes what a journal kept: ids as texts, json.null for what is missing", function()
    local effect = lose(operation_of "syfadis.add_user_role", { id = 327680, RoleId = 229378, DomainId = 163840 },
      "lost reply")
    local kept = json.decode(json.encode { operation = effect.operation, params = effect.params,
      before = effect.before }, { null = true })
    kept.params.RoleId, kept.profile = tostring(kept.params.RoleId), json.null
    kept.profile = nil
    local verdict, result = probe.settle(kept)
    same({ verdict, math.type(result.Id) }, { "happened", "integer" })
  end)

  it("is not there for what no vendor describes", function()
    local verdict, why = probe.settle { operation = "http.request", effect = "unknown", params = nil }
    equal(verdict, "unknown")
    test.match(why, "not described")
    equal(probe.delay { operation = "http.request" }, 0)
  end)

  it("need not wait for simulated vendors", function()
    equal(probe.ready_at { operation = "isograd.add_test", params = {}, sent_at = 1000 }, 1000)
    test.truthy(catalogue.describe("isograd").settle > 0)
  end)
end)

describe("help", function()
  local help = require "beadle.help"

  local function says(full_name, label)
    for _, fact in ipairs(help.facts(operation_of(full_name))) do
      if fact[1] == label then
        return fact[2]
      end
    end
  end

  it("says of every effect how it is settled", function()
    for _, vendor in ipairs(catalogue.vendors()) do
      for _, operation in ipairs(catalogue.describe(vendor).operations) do
        local wanted = operation.effect ~= "read" and not (operation.removed or operation.variants)
        local sentence = says(operation.full_name, "If lost")
        test.truthy(not wanted or sentence and sentence:find "^%l.*%.$")
      end
    end
  end)

  it("says what tells, what is compared, and when nothing tells", function()
    equal(says("isograd.delete_test", "If lost"),
      "get_test_status tells: it answers 501 once the test is gone.")
    equal(says("syfadis.create_group", "If lost"),
      "list_groups tells: it shows one more group of this name. What was there before it was sent is compared.")
    equal(says("isograd.create_session", "If lost"), "it stays in doubt: nothing in the API lists the sessions.")
    test.contains(says("isograd.create_candidate", "If lost"), "Of the result, can_id is found out.")
    test.contains(says("syfadis.create_user", "If lost"), "Not always: without a Login")
    equal(says("scodoc.departements", "If lost"), nil)
  end)

  it("says what budgets count", function()
    equal(says("isograd.add_test", "Budget"), "counts as tests (for ema); proctorings, with add_pro (for ema).")
    equal(says("isograd.create_candidate", "Budget"), nil)
  end)
end)

describe("an effect that was repeated", function()
  test.before_each(sandbox.reset)

  local function add(more)
    local args = { ema = ADA.ema, tst_frm_id = 101 }
    for name, value in pairs(more or {}) do
      args[name] = value
    end
    SIGN_IN.isograd()
    candidate()
    return args, lose(operation_of "isograd.add_test", args, "lost request")
  end

  it("did not happen when the vendor does not take it", function()
    local args, effect = add()
    module.isograd.delete_candidate { ema = ADA.ema }
    local verdict, err = probe.read_repeat(effect, pcall(call, operation_of "isograd.add_test", args))
    same({ verdict, err.code }, { "not", 107 })
  end)

  it("is unknown when the vendor is down, or the answer is lost again", function()
    for _, fault in ipairs { { kind = "status", status = 503 }, { kind = "lost reply" }, { kind = "status",
      status = 429 } } do
      sandbox.reset()
      local args, effect = add()
      fault.operation = "add_test"
      sandbox.isograd.fault(fault)
      local verdict, why, err = probe.read_repeat(effect, pcall(call, operation_of "isograd.add_test", args))
      equal(verdict, "unknown")
      test.match(why, "repeated")
      test.truthy(err.kind)
    end
  end)

  it("is in doubt when the vendor's words are not those that tell", function()
    SIGN_IN.inspera()
    local operation = operation_of "inspera.delete_committees"
    local args = { testId = 3437420, committees = { { name = "Jury A" } } }
    local effect = lose(operation, args, "lost reply")
    sandbox.inspera.fault { kind = "answer", operation = "delete_committees", status = 400,
      body = [[{"errors":["No input data"]}]], type = "application/json" }
    local verdict, why, err = probe.read_repeat(effect, pcall(call, operation, args))
    same({ verdict, err }, { "unknown" })
    test.match(why, "words do not tell")
  end)

  it("keeps one test, whatever was lost", function()
    for _, fault in ipairs { "lost reply", "lost request" } do
      sandbox.reset()
      SIGN_IN.isograd()
      local made = candidate()
      local operation, args = operation_of "isograd.add_test", { ema = ADA.ema, tst_frm_id = 101 }
      equal(settle(operation, args, lose(operation, args, fault)), "happened")
      local tests = 0
      for _, each in ipairs(sandbox.isograd.tests()) do
        tests = tests + (each.can_id == made.can_id and 1 or 0)
      end
      equal(tests, 1)
    end
  end)
end)

describe("a budget", function()
  local budget = require "beadle.catalogue.budget"

  it("counts what is sent and spent, and for whom", function()
    same(budget.of { operation = "isograd.add_test", params = { ema = "Ada@Example.org", act_id = 2, add_pro = true } },
      { { unit = "tests", amount = 1, persons = { "ada@example.org" } },
        { unit = "proctorings", amount = 1, persons = { "ada@example.org" } } })
    same(budget.of { operation = "isograd.add_another_test", params = { ema = "a@example.org", add_pro = false } },
      { { unit = "tests", amount = 1, persons = { "a@example.org" } } })
    same(budget.of { operation = "mail.send", params = { to = { "Ada <ada@example.org>", "b@example.org" },
      cc = "ADA@example.org" } },
      { { unit = "mails", amount = 2, persons = { "ada@example.org", "b@example.org" } } })
    same(budget.of { operation = "isograd.send_registration_email", params = { can_id = 5 } },
      { { unit = "mails", amount = 1, persons = { "5" } } })
    same(budget.of { operation = "isograd.send_registration_email", params = { pla_tst_ids = { 1, 2 } } },
      { { unit = "mails", amount = 1, persons = {} } })
  end)

  it("tells variants apart, and costs nothing where nothing is used up", function()
    same(budget.of { operation = "isograd.set_proctoring", params = { act_id = 16, pla_tst_id = 1 } },
      { { unit = "proctorings", amount = 1, persons = {} } })
    same(budget.of { operation = "isograd.add_proctoring", params = { pla_tst_id = 1 } },
      { { unit = "proctorings", amount = 1, persons = {} } })
    same(budget.of { operation = "isograd.remove_proctoring", params = { pla_tst_id = 1 } }, {})
    same(budget.of { operation = "isograd.set_proctoring", params = { act_id = 17, pla_tst_id = 1 } }, {})
    same(budget.of { operation = "isograd.create_candidate", params = ADA }, {})
    same(budget.of { operation = "http.request" }, {})
  end)

  it("has units, each with the operations that use it up", function()
    local units = {}
    for _, each in ipairs(budget.units()) do
      units[#units + 1] = each.unit
      test.truthy(#each.operations > 0)
    end
    same(units, { "mails", "proctorings", "tests" })
  end)
end)

test.run()
