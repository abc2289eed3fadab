-- OAP/1 for Wireshark and tshark: `tshark -X lua_script:oap.lua …`, or put it into Wireshark's folder of Lua plugins.
-- It finds OAP/1 by its frames, whatever the port, in a capture that begins in the middle too. It judges frames as a strict
-- decoder does (docs/OAP-1.md, sections 1 to 3) and, where both directions were captured, as a session does (section 4),
-- both with the default Config. What a cut snapshot or a lost packet hides is judged by nothing.

local oap = Proto("oap", "OAP/1")

local MAX_FRAME_BYTES, MAX_HEADER_BYTES, PREFIX_BYTES = 1048576, 2048, 8
local HELLO, START, DATA, ACK, END, ERROR = 1, 2, 3, 4, 5, 6
local DEFAULT_WINDOW, MOST_WINDOW = 32, 1024

-- Section 2: the fields of each kind, in the order of their numbers.
local UINT32, UINT64, TEXT = "uint32", "uint64", "text"
local KINDS = {
    [1] = { name = "HELLO", reject = "bad_hello",
        { name = "version", type = UINT32, required = true, least = 1, most = 1 },
        { name = "max_frame", type = UINT64, required = true, least = 4096, most = MAX_FRAME_BYTES },
        { name = "features", type = UINT64, base = base.HEX },
        { name = "ack_window", type = UINT32, least = 1, most = 1024 } },
    [2] = { name = "START",
        { name = "stream", type = TEXT, required = true, least = 1 } },
    [3] = { name = "DATA",
        { name = "seq", type = UINT64, required = true },
        { name = "obj", type = TEXT, pattern = "^b3:" .. ("[0-9a-f]"):rep(64) .. "$" } },
    [4] = { name = "ACK",
        { name = "up_to", type = UINT64, required = true } },
    [5] = { name = "END",
        { name = "seq", type = UINT64, required = true },
        { name = "status", type = UINT32, required = true, most = 65535 } },
    [6] = { name = "ERROR",
        { name = "code", type = UINT32, required = true, most = 65535 },
        { name = "reason", type = TEXT, required = true, least = 0 } },
}

local names = {}
for number, kind in pairs(KINDS) do names[number] = kind.name end

local shown = {
    length = ProtoField.uint32("oap.length", "Length"),
    kind = ProtoField.uint8("oap.kind", "Kind", base.HEX, names),
    reserved = ProtoField.uint8("oap.reserved", "Reserved", base.HEX),
    header_len = ProtoField.uint16("oap.header_len", "Header length"),
    len = ProtoField.uint32("oap.data.len", "Body length"),
    body = ProtoField.bytes("oap.data.body", "Body"),
    rest = ProtoField.bytes("oap.rest", "Not decoded: it follows a reject or an ERROR"),
    more = ProtoField.bytes("oap.more", "Goes on with a frame of an earlier packet"),
    unknown = ProtoField.bytes("oap.unknown", "Not decoded: no frame begins here"),
}
oap.fields = {}
for _, field in pairs(shown) do table.insert(oap.fields, field) end
for _, kind in pairs(KINDS) do
    for _, field in ipairs(kind) do
        local filter = ("oap.%s.%s"):format(kind.name:lower(), field.name)
        if field.type == TEXT then
            field.shown = ProtoField.string(filter, field.name, base.UNICODE)
        else
            field.shown = ProtoField.uint64(filter, field.name, field.base or base.DEC)
        end
        table.insert(oap.fields, field.shown)
    end
end

-- Section 3.1, but for what no capture can show: bad_hello_pq, a policy of the host, and truncated.
local rejects = {}
oap.experts = {}
for _, label in ipairs { "bad_hello", "frame_oversize", "unknown_envelope", "header_malformed", "missing_obj", "credit_violation" } do
    rejects[label] = ProtoExpert.new("oap.reject." .. label, label, expert.group.PROTOCOL, expert.severity.ERROR)
    table.insert(oap.experts, rejects[label])
end

-- The varint at `at`, its value and the place behind it; nothing where it is not minimal, over 64 bits or cut.
local function varint(bytes, at, stop)
    local value = UInt64(0)
    for place = 0, 9 do
        if at + place >= stop then return end
        local byte = bytes(at + place, 1):uint()
        if place == 9 and byte > 1 then return end
        value = value:bor(UInt64(byte % 128):lshift(7 * place))
        if byte < 128 then
            if byte == 0 and place > 0 then return end
            return value, at + place + 1
        end
    end
end

-- UTF-8 of well-formed sequences, and no control characters (section 2).
local function is_text(text)
    local at = 1
    while at <= #text do
        local first, second = text:byte(at, at + 1)
        local more = first < 0x80 and 0 or first < 0xC2 and -1 or first < 0xE0 and 1 or first < 0xF0 and 2
            or first < 0xF5 and 3 or -1
        local least = ({ [0xE0] = 0xA0, [0xF0] = 0x90 })[first] or 0x80
        local most = ({ [0xED] = 0x9F, [0xF4] = 0x8F })[first] or 0xBF
        if first < 0x20 or first == 0x7F or more < 0 then return false end
        if more > 0 and not (second and second >= least and second <= most) then return false end
        if not text:sub(at + 1, at + more):match("^" .. ("[\128-\191]"):rep(more) .. "$") then return false end
        at = at + 1 + more
    end
    return true
end

local function value_is_good(field, value)
    if field.type ~= TEXT then
        return value >= UInt64(field.least or 0) and (not field.most or value <= UInt64(field.most))
    end
    if field.pattern then return value:match(field.pattern) ~= nil end
    return #value >= field.least and #value <= 1024 and is_text(value)
end

-- The value at `at` by the field's type, its bytes, and the place behind it; nothing where it is malformed.
local function read(field, wire_type, bytes, at, stop)
    if wire_type ~= (field.type == TEXT and 2 or 0) then return end
    local number, after = varint(bytes, at, stop)
    if not number then return end
    if field.type == TEXT then
        if number > UInt64(stop - after) then return end
        local size = number:tonumber()
        if size == 0 then return "", bytes(at, after - at), after end
        return bytes(after, size):raw(), bytes(after, size), after + size
    end
    if field.type == UINT32 and number > UInt64(0xFFFFFFFF) then return end
    return number, bytes(at, after - at), after
end

-- The values of the fields between `at` and `stop` if a strict decoder takes them, else nothing; they are shown where there
-- is a tree. Each stands at most once, in ascending order.
local function header(kind, bytes, at, stop, tree)
    local values, last = {}, 0
    while at < stop do
        local key, after = varint(bytes, at, stop)
        if not key or key > UInt64(0xFFFFFFFF) then return end
        local number, wire_type = key:rshift(3):tonumber(), key:band(7):tonumber()
        local field = kind[number]
        if not field or number <= last then return end
        local value, range, behind = read(field, wire_type, bytes, after, stop)
        if not value then return end
        if tree then tree:add(field.shown, range, value) end
        values[number], last, at = value, number, behind
    end
    for number, field in ipairs(kind) do
        if field.required and not values[number] then return end
        if values[number] and not value_is_good(field, values[number]) then return end
    end
    return values
end

-- Section 3.2: the label of the reject that the bytes of a frame show which are here, in the order of the bytes.
local function judge_prefix(bytes, max_frame)
    local have = bytes:len()
    if have >= 4 and bytes(0, 4):uint() > max_frame then return "frame_oversize" end
    if have >= 4 and bytes(0, 4):uint() < PREFIX_BYTES then return "header_malformed" end
    if have >= 5 and not KINDS[bytes(4, 1):uint()] then return "unknown_envelope" end
    if have >= 6 and bytes(5, 1):uint() ~= 0 then return "header_malformed" end
    if have >= 8 then
        local length, kind, header_len = bytes(0, 4):uint(), bytes(4, 1):uint(), bytes(6, 2):uint()
        local head = PREFIX_BYTES + header_len
        if header_len > MAX_HEADER_BYTES or head > length then return "header_malformed" end
        if kind ~= DATA and head < length then return "header_malformed" end
    end
end

-- Where a good prefix stands here in full: kind, place of the body, the values of the header if it is here and good, and
-- length.
local function look_at(bytes)
    if bytes:len() < PREFIX_BYTES then return end
    local length, kind, head = bytes(0, 4):uint(), bytes(4, 1):uint(), PREFIX_BYTES + bytes(6, 2):uint()
    return kind, head, head <= bytes:len() and header(KINDS[kind], bytes, PREFIX_BYTES, head), length
end

local function from(bytes, at) return bytes(at):tvb() end

-- How many strict frames follow each other from `at` on, and whether the last one ends where the bytes end.
local function chain(bytes, at)
    local count = 0
    while at < bytes:len() do
        local rest = from(bytes, at)
        if judge_prefix(rest, MAX_FRAME_BYTES) then return 0 end
        local _, _, values, length = look_at(rest)
        if not values then break end
        count, at = count + 1, at + length
    end
    return count, at == bytes:reported_len()
end

-- As a pattern of Lua; what it lets pass, the strict header has to confirm.
local PREFIX = "\0[\0-\16]..[\1-\6]\0[\0-\8]."

-- The first place from `at` on where a frame begins, as far as a strict header can tell.
local function find_frame(bytes, at)
    local raw = bytes:raw()
    while at do
        local found = raw:find(PREFIX, at + 1)
        if found and chain(bytes, found - 1) > 0 then return found - 1 end
        at = found
    end
end

-- Section 4. What one side has sent, as the capture shows it; nil is what it does not show.
local function new_side() return { place = "start" } end

-- The capture has all of it.
local function set_began(side)
    side.began, side.greeted, side.open, side.in_flight = true, false, false, 0
end

local function is_object_stream(name) return name == "objects" or name:sub(1, 8) == "objects/" end

local judge = {}

judge[HELLO] = function(side) return side.greeted and "bad_hello", "4.1" end

judge[START] = function(side) return side.open and "credit_violation", "4.6" end

judge[DATA] = function(side, other, values)
    local seq, obj = values[1], values[2]
    if side.open == false then return "credit_violation", "4.6" end
    if side.objects and not obj then return "missing_obj", "4.13" end
    if side.last == UInt64.max() then return "credit_violation", "4.9" end
    if side.last and seq ~= side.last + 1 then return "credit_violation", "4.8" end
    if side.in_flight and other.window and side.in_flight >= other.window then return "credit_violation", "4.10" end
end

judge[ACK] = function(_, other, values)
    local most = other.in_flight or other.last and MOST_WINDOW
    if most == 0 or most and other.last - values[1] >= UInt64(most) then return "credit_violation", "4.11" end
end

judge[END] = function(side, _, values)
    if side.open == false then return "credit_violation", "4.6" end
    local last = side.carried and side.last or side.carried == false and UInt64(0)
    if last and values[1] ~= last then return "credit_violation", "4.7" end
end

judge[ERROR] = function() end

local function judge_session(kind, values, side, other)
    if side.ended then return "credit_violation", "4.12" end
    local greets = kind == HELLO or kind == ERROR
    if not greets and (side.greeted == false or other.greeted == false) then
        return "bad_hello", side.greeted == false and "4.1" or "4.2"
    end
    return judge[kind](side, other, values)
end

local effect = {}

effect[HELLO] = function(side, _, values)
    side.greeted, side.max_frame = true, values[2]:tonumber()
    side.window = values[4] and values[4]:tonumber() or DEFAULT_WINDOW
end

effect[START] = function(side, _, values)
    side.open, side.carried, side.objects = true, false, is_object_stream(values[1])
end

effect[DATA] = function(side, _, values)
    side.open, side.carried, side.last = true, true, values[1]
    side.in_flight = side.in_flight and side.in_flight + 1
end

effect[ACK] = function(_, other, values)
    if other.last then other.in_flight = (other.last - values[1]):tonumber() end
end

effect[END] = function(side) side.open, side.objects = false, nil end

effect[ERROR] = function(side) side.ended = true end

-- The plan of a call of the dissector says what its bytes are; it is made once, in the order of the capture, and shown each
-- time that the packet is. A talk is a TCP connection. All of these are forgotten with the capture.
local plans, talks
function oap.init() plans, talks = {}, {} end

local function new_talk(stream) return { sides = {}, calls = 0, stream = stream } end

local function side_of(talk, name)
    talk.sides[name] = talk.sides[name] or new_side()
    return talk.sides[name]
end

local function add(plan, what, at, size, label, rule)
    table.insert(plan, { what = what, at = at, size = size, label = label, rule = rule })
end

-- What packets of this side have done that the capture has lost.
local function forget(side, other)
    side.greeted = side.greeted or nil
    side.open, side.last, side.carried, side.objects, side.in_flight, other.in_flight = nil, nil, nil, nil, nil, nil
end

-- Nor is it known where this side's frames begin.
local function lose(side, other)
    forget(side, other)
    side.place, side.pending = "seeking", nil
end

local Walk = {}
Walk.__index = Walk

-- What a frame of an earlier call still wants. TCP gives it together with what that call had, or, where segments were cut,
-- by itself.
function Walk:go_on()
    local pending, bytes = self.side.pending, self.bytes
    self.side.pending = nil
    if not pending then return end
    if pending.front then
        if bytes:raw(0, math.min(#pending.front, bytes:len())) == pending.front then return end
        self.side.has_lost = true
        self:get_lost()
        if self.whole or not pending.left then return end
        self.side.place = "frames"
    end
    local size = math.min(pending.left, self.reported)
    add(self.plan, "more", 0, size)
    self.at = size
    if size < pending.left then self.side.pending = { left = pending.left - size } end
end

function Walk:get_lost() lose(self.side, self.other) end

function Walk:stop(what, label, rule)
    if self.at < self.bytes:len() then add(self.plan, what, self.at, self.reported - self.at, label, rule) end
    self.at = self.reported
end

-- A reject is final, but for one that a lost packet may have feigned: in the first of two passes that can't be known.
function Walk:reject(label, rule)
    if self.is_blind then self:get_lost() else self.side.place = "rejected" end
    self:stop(self.other.ended and "rest" or "frame", label, rule)
end

-- Finds the next frame, or gives the rest up.
function Walk:seek()
    local found = find_frame(self.bytes, self.at)
    if not found then return self:stop("unknown") end
    if found > self.at then add(self.plan, "unknown", self.at, found - self.at) end
    self.at, self.side.place = found, "frames"
end

-- Whether TCP is asked for what is missing; it can't give it where segments were cut. `left` is what the frame wants.
function Walk:ask(rest, missing, left)
    if not self.can_ask then return false end
    self.plan.desegment_offset, self.plan.desegment_len = self.at, missing
    self.side.pending = { front = rest:raw(0, math.min(rest:len(), PREFIX_BYTES)), left = left }
    self.at = self.reported
    return true
end

-- A frame of which not even the header is here in full. TCP is asked for a segment, since it shows nothing in the second of
-- two passes where a segment was asked for in parts.
function Walk:cut_head(rest, length)
    local left = length and length - (self.reported - self.at)
    if self:ask(rest, DESEGMENT_ONE_MORE_SEGMENT, left) then return end
    self:stop("cut")
    self:get_lost()
    if left and left >= 0 then self.side.place, self.side.pending = "frames", left > 0 and { left = left } or nil end
end

function Walk:take(kind, values, length, label, rule)
    effect[kind](self.side, self.other, values)
    local here = self.reported - self.at
    add(self.plan, "frame", self.at, math.min(length, here), label, rule)
    if length > here then self.side.pending = { left = length - here } end
    self.at = self.at + math.min(length, here)
end

function Walk:most() return self.judged and self.other.max_frame or MAX_FRAME_BYTES end

-- The frame at this place, by its prefix, its header and the session, in this order.
function Walk:frame()
    local rest = from(self.bytes, self.at)
    local label = judge_prefix(rest, self:most())
    if label then return self:reject(label) end
    local kind, head, values, length = look_at(rest)
    if not kind or rest:len() < head then return self:cut_head(rest, length) end
    if not values then return self:reject(KINDS[kind].reject or "header_malformed") end
    local rule
    if self.judged then label, rule = judge_session(kind, values, self.side, self.other) end
    if label and not self.is_blind then return self:reject(label, rule) end
    local left = length - (self.reported - self.at)
    -- What breaks a rule is shown at once: its body may never come.
    if left > 0 and not label and self:ask(rest, left, left) then return end
    self:take(kind, values, length, label, rule)
end

-- What a side says first tells whether the capture has the beginning: HELLO, or ERROR in its place (4.1).
function Walk:begin()
    local side, other, bytes = self.side, self.other, self.bytes
    local label = judge_prefix(bytes, MAX_FRAME_BYTES)
    local kind, head, values
    if not label then kind, head, values = look_at(bytes) end
    local is_frame = not label and (not kind or values or head > bytes:len())
    if self.began or is_frame and (kind == HELLO or kind == ERROR) then set_began(side) end
    -- That one side begins here says so of the other only where the capture has the connection's beginning.
    if self.began and other.place == "start" then set_began(other) end
    if kind or label then side.place = (side.began or is_frame) and "frames" or "seeking" end
end

function Walk:step()
    if self.at >= self.bytes:len() then
        self:get_lost()
        self.at = self.reported
    elseif self.side.place == "seeking" then
        self:seek()
    else
        self:frame()
    end
end

function Walk:run()
    local side = self.side
    if side.place == "rejected" then return self:stop("rest") end
    if side.place == "start" then self:begin() end
    if self.lost then self:get_lost() end
    if self.other_lost then forget(self.other, side) end
    self:go_on()
    while self.at < self.reported do self:step() end
end

-- What TCP tells of a packet, where the fields can be asked: not in the first of two passes.
local FIELDS = {}
for _, name in ipairs { "stream", "completeness", "analysis.lost_segment", "analysis.ack_lost_segment" } do
    FIELDS[name] = Field.new("tcp." .. name)
end
local SYN, SYN_ACK = 1, 2

local function seen_of()
    local completeness = FIELDS.completeness()
    if not completeness then return { is_blind = true } end
    local flags = completeness.value % (2 * SYN_ACK)
    return { began = flags ~= 0, answered = flags >= SYN_ACK, lost = FIELDS["analysis.lost_segment"]() ~= nil, other_lost = FIELDS["analysis.ack_lost_segment"]() ~= nil,
        stream = FIELDS.stream().value }
end

local function address(host, port) return ("%s %s"):format(host, port) end

local function names_of(pinfo)
    return address(pinfo.src, pinfo.src_port), address(pinfo.dst, pinfo.dst_port)
end

local function pair_of(pinfo)
    local from_name, to_name = names_of(pinfo)
    return from_name < to_name and from_name .. " " .. to_name or to_name .. " " .. from_name
end

-- The same ports may serve one connection after the other.
local function talk_of(pinfo, seen)
    local pair = pair_of(pinfo)
    if not talks[pair] or talks[pair].stream ~= seen.stream then talks[pair] = new_talk(seen.stream) end
    return talks[pair]
end

local function make_plan(talk, bytes, pinfo, seen)
    local from_name, to_name = names_of(pinfo)
    local side, other = side_of(talk, from_name), side_of(talk, to_name)
    local whole = bytes:len() == bytes:reported_len()
    local plan = {}
    local walk = setmetatable({
        talk = talk, side = side, other = other, bytes = bytes, reported = bytes:reported_len(), at = 0, plan = plan,
        whole = whole, can_ask = whole and (seen.recognizing or pinfo.can_desegment > 0), began = seen.began, lost = seen.lost,
        other_lost = seen.other_lost, is_blind = seen.is_blind,
        judged = other.place ~= "start" or seen.answered,
    }, Walk)
    if other.ended then walk.judged = false end
    walk:run()
    plan.talk, plan.number, plan.is_blind = talk, talk.calls + 1, seen.is_blind
    -- TCP repeats no call that did nothing but ask for more: what it has found out goes to the next one.
    if #plan > 0 then
        talk.calls = plan.number
        plan.has_lost, side.has_lost = side.has_lost, nil
    end
    return plan
end

-- What a lost packet may have feigned.
local function drop_verdicts(plan)
    for _, item in ipairs(plan) do
        if item.rule then item.label, item.rule = nil, nil end
    end
end

-- A plan of the first of two passes knew nothing of TCP. The second makes it anew, if it comes through the talk in order.
local function make_again(plan, bytes, pinfo, seen)
    local first = plan.talk
    if plan.number == 1 then first.again = new_talk() end
    -- TCP does not repeat the call that asked for what never came.
    seen.lost = seen.lost or plan.has_lost
    first.has_lost = first.has_lost or seen.lost or seen.other_lost
    if first.again and plan.number == first.again.calls + 1 then return make_plan(first.again, bytes, pinfo, seen) end
    if first.has_lost then drop_verdicts(plan) end
    return plan
end

-- TCP calls once or more for a packet.
local function number_of_call(pinfo)
    local number = tonumber(pinfo.private.oap or 0) + 1
    pinfo.private.oap = tostring(number)
    return ("%d %d"):format(pinfo.number, number), number
end

-- A heuristic may ask TCP for more, though pinfo says that it may not.
local recognizing = false

local function plan_of(key, bytes, pinfo)
    local plan, seen = plans[key], seen_of()
    seen.recognizing = recognizing
    if not plan then
        plan = make_plan(talk_of(pinfo, seen), bytes, pinfo, seen)
    elseif plan.is_blind and not seen.is_blind then
        plan = make_again(plan, bytes, pinfo, seen)
    end
    plans[key] = plan
    return plan
end

local function add_tree(bytes, tree) return tree:add(oap, bytes, "OAP/1") end

local function show_reject(item, tree)
    local text = item.rule and ("%s (%s)"):format(item.label, item.rule) or item.label
    tree:add_proto_expert_info(rejects[item.label], text)
    tree:append_text(", " .. text)
    return "rejected: " .. text
end

local function show_prefix(bytes, tree)
    tree:append_text(", " .. KINDS[bytes(4, 1):uint()].name)
    tree:add(shown.length, bytes(0, 4))
    tree:add(shown.kind, bytes(4, 1))
    tree:add(shown.reserved, bytes(5, 1))
    tree:add(shown.header_len, bytes(6, 2))
end

-- As much of it as is here.
local function show_body(bytes, head, length, tree)
    tree:add(shown.len, length - head):set_generated()
    local stop = math.min(length, bytes:len())
    if stop > head then tree:add(shown.body, bytes(head, stop - head)) end
end

local show = {}

-- Sections 1 to 3 judge a prefix before anything of the frame is known.
function show.frame(item, bytes, tree)
    if judge_prefix(bytes, MAX_FRAME_BYTES) or bytes:len() < PREFIX_BYTES then return show_reject(item, add_tree(bytes(), tree)) end
    local kind, head, values, length = look_at(bytes)
    local inside = add_tree(bytes(0, math.min(bytes:len(), length)), tree)
    show_prefix(bytes, inside)
    header(KINDS[kind], bytes, PREFIX_BYTES, math.min(head, bytes:len()), inside)
    if values and kind == DATA then show_body(bytes, head, length, inside) end
    if length > bytes:len() then inside:append_text(", cut") end
    return item.label and show_reject(item, inside) or KINDS[kind].name
end

function show.cut(_, bytes, tree)
    local inside = add_tree(bytes(), tree)
    if bytes:len() >= PREFIX_BYTES then
        show_prefix(bytes, inside)
        header(KINDS[bytes(4, 1):uint()], bytes, PREFIX_BYTES, bytes:len(), inside)
    end
    inside:append_text(", cut")
    return "cut"
end

for what, text in pairs { rest = "not decoded", more = "goes on", unknown = "not decoded" } do
    show[what] = function(item, bytes, tree)
        local range = bytes(0, math.min(item.size, bytes:len()))
        add_tree(range, tree):add(shown[what], range)
        return text
    end
end

function oap.dissector(bytes, pinfo, tree)
    local key, call = number_of_call(pinfo)
    local plan, said = plan_of(key, bytes, pinfo), {}
    for _, item in ipairs(plan) do
        local text = item.at < bytes:len() and show[item.what](item, from(bytes, item.at), tree)
        if text then table.insert(said, text) end
    end
    pinfo.cols.protocol = "OAP/1"
    if #said > 0 then pinfo.cols.info = (call > 1 and " " or "") .. table.concat(said, " ") end
    if plan.desegment_len then
        pinfo.desegment_offset, pinfo.desegment_len = plan.desegment_offset, plan.desegment_len
    end
    return bytes:len()
end

-- A direction begins with HELLO, or with ERROR in its place (4.1). In the middle it takes whole frames, or a DATA that goes
-- on behind these bytes.
local function begins(bytes)
    if bytes:len() < PREFIX_BYTES or judge_prefix(bytes, MAX_FRAME_BYTES) then return false end
    local kind = bytes(4, 1):uint()
    return kind == HELLO or kind == ERROR or chain(bytes, 0) > 0
end

local function is_in_the_middle(bytes)
    local found = find_frame(bytes, 0)
    if not found then return false end
    local count, ends = chain(bytes, found)
    return count > 1 or ends
end

-- A connection that has not been known by its frames yet.
local function recognize(bytes, pinfo, tree)
    if not begins(bytes) and not is_in_the_middle(bytes) then return false end
    if not pinfo.visited then talks[pair_of(pinfo)] = nil end
    pinfo.conversation = oap
    recognizing = true
    oap.dissector(bytes, pinfo, tree)
    recognizing = false
    return true
end

oap:register_heuristic("tcp", recognize)
DissectorTable.get("tcp.port"):add_for_decode_as(oap)
