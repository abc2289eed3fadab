-- OAP/1 for Wireshark and tshark: `tshark -X lua_script:oap.lua …`, or put it into Wireshark's folder of Lua plugins.
-- It finds OAP/1 by its first frame, whatever the port, and judges frames as a strict decoder does (docs/OAP-1.md,
-- sections 1 to 3). The rules of a session are not judged.

local oap = Proto("oap", "OAP/1")

local MAX_FRAME_BYTES, MAX_HEADER_BYTES, PREFIX_BYTES = 1048576, 2048, 8
local HELLO, ERROR, DATA = 1, 6, 3

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
    rest = ProtoField.bytes("oap.rest", "Not decoded: it follows a reject"),
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

-- Section 3: what bytes alone can show.
local rejects = {}
oap.experts = {}
for _, label in ipairs { "bad_hello", "frame_oversize", "unknown_envelope", "header_malformed" } do
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

-- Says whether a strict decoder takes the fields between `at` and `stop`, and shows them where there is a tree. Each
-- stands at most once, in ascending order.
local function header(kind, bytes, at, stop, tree)
    local values, last = {}, 0
    while at < stop do
        local key, after = varint(bytes, at, stop)
        if not key or key > UInt64(0xFFFFFFFF) then return false end
        local number, wire_type = key:rshift(3):tonumber(), key:band(7):tonumber()
        local field = kind[number]
        if not field or number <= last then return false end
        local value, range, behind = read(field, wire_type, bytes, after, stop)
        if not value then return false end
        if tree then tree:add(field.shown, range, value) end
        values[number], last, at = value, number, behind
    end
    for number, field in ipairs(kind) do
        if field.required and not values[number] then return false end
    end
    for number, field in ipairs(kind) do
        if values[number] and not value_is_good(field, values[number]) then return false end
    end
    return true
end

-- Section 3.2: the label of the reject that `have` bytes of a frame show, in the order of the bytes.
local function judge_prefix(bytes)
    local have = bytes:len()
    if have >= 4 and bytes(0, 4):uint() > MAX_FRAME_BYTES then return "frame_oversize" end
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

local function add_tree(bytes, tree)
    return tree:add(oap, bytes, "OAP/1")
end

local function reject(label, tree)
    tree:add_proto_expert_info(rejects[label], label)
    tree:append_text(", " .. label)
    return label
end

local function show_prefix(kind, bytes, tree)
    tree:append_text(", " .. kind.name)
    tree:add(shown.length, bytes(0, 4))
    tree:add(shown.kind, bytes(4, 1))
    tree:add(shown.reserved, bytes(5, 1))
    tree:add(shown.header_len, bytes(6, 2))
end

local function show_body(bytes, head, length, tree)
    tree:add(shown.len, length - head):set_generated()
    if length > head then tree:add(shown.body, bytes(head, length - head)) end
end

local function show_frame(kind, bytes, head, length, tree)
    local item = add_tree(bytes(0, math.min(bytes:len(), length)), tree)
    show_prefix(kind, bytes, item)
    if not header(kind, bytes, PREFIX_BYTES, head, item) then
        return reject(kind.reject or "header_malformed", item)
    end
    if kind == KINDS[DATA] then show_body(bytes, head, length, item) end
end

-- Takes the frame at the front of `bytes`, once it is whole or its reject is known. Gives what was shown (a kind's name,
-- or nothing and a label) and the frame's length, or nothing and the bytes still wanted.
local function frame(bytes, tree)
    local have, label = bytes:len(), judge_prefix(bytes)
    if label then return nil, reject(label, add_tree(bytes(), tree)) end
    if have < PREFIX_BYTES then return nil, nil, DESEGMENT_ONE_MORE_SEGMENT end
    local length, kind, head = bytes(0, 4):uint(), KINDS[bytes(4, 1):uint()], PREFIX_BYTES + bytes(6, 2):uint()
    if have < head then return nil, nil, head - have end
    if have < length and header(kind, bytes, PREFIX_BYTES, head) then return nil, nil, length - have end
    label = show_frame(kind, bytes, head, length, tree)
    return not label and kind.name, label, length
end

-- The frame of the capture in which a direction of a TCP stream was rejected.
local rejected_in
function oap.init() rejected_in = {} end

local stream_of, port_of = Field.new("tcp.stream"), Field.new("tcp.srcport")
local function direction() return ("%s %s"):format(stream_of(), port_of()) end

-- Takes all frames of `bytes` and gives what the column says of them.
local function frames(bytes, pinfo, tree)
    local said, at = {}, 0
    while at < bytes:len() do
        local name, label, size = frame(bytes(at):tvb(), tree)
        table.insert(said, name or label and ("rejected: " .. label) or nil)
        if label then
            rejected_in[direction()] = pinfo.number
            break
        elseif not name then
            pinfo.desegment_offset, pinfo.desegment_len = at, size
            break
        end
        at = at + size
    end
    return table.concat(said, " ")
end

function oap.dissector(bytes, pinfo, tree)
    pinfo.cols.protocol = "OAP/1"
    local since = rejected_in[direction()]
    if since and pinfo.number > since then
        add_tree(bytes(), tree):add(shown.rest, bytes())
        return bytes:len()
    end
    local said = frames(bytes, pinfo, tree)
    if said ~= "" then pinfo.cols.info = said end
    return bytes:len()
end

-- A direction begins with HELLO, or with ERROR in its place (section 4).
local function begins(bytes, pinfo, tree)
    if bytes:len() < PREFIX_BYTES or judge_prefix(bytes) then return false end
    local kind = bytes(4, 1):uint()
    if kind ~= HELLO and kind ~= ERROR then return false end
    pinfo.conversation = oap
    oap.dissector(bytes, pinfo, tree)
    return true
end

oap:register_heuristic("tcp", begins)
DissectorTable.get("tcp.port"):add_for_decode_as(oap)
