#include "health/smartctl.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/child.hpp"
#include "base/text.hpp"
#include "core/health.hpp"
#include "health/smartctl_answer.hpp"
#include "health/smartctl_json.hpp"

namespace guardian::health {
namespace {

constexpr std::size_t output_max = 1024 * 1024;
constexpr int asleep_status = 3;  // by -n standby,3
// Of the exit status: it was not called or could not open the drive; the disk says that it is failing.
constexpr int no_drive_bits = 3, failing_bit = 8;
// What timeout(1) gives for a program that it ended; and from 128 on, what a shell gives.
constexpr int timed_out = 124, by_signal = 128;

using Kind = SmartctlAnswer::Kind;

Limits limits_of(const SmartctlCall& call) {
    Limits out;
    out.deadline = call.deadline;
    out.interrupt_wait = std::chrono::seconds{2};
    out.terminate_wait = std::chrono::seconds{2};
    out.capture_bytes = output_max;
    return out;
}

/// JMicron's bridges to NVMe reset when they are asked for the log of self-tests (JMS583, smartmontools issue
/// 256, mended in smartctl 7.5), which -x does; it has the ids 152d:0583, 152d:a583, 152d:0562 and more.
std::vector<std::string> what_to_ask(const Drive& drive, const std::string& type) {
    const bool resets = type.starts_with("sntjmicron") || drive.usb_id == "152d:0583" ||
                        drive.usb_id == "152d:a583" || drive.usb_id == "152d:0562";
    if (resets) return {"-H", "-i", "-c", "-A", "-l", "error"};
    return {"-x"};
}

std::vector<std::string> words_for(const Drive& drive, const std::string& type,
                                   const std::vector<std::string>& asked, const char* format) {
    std::vector<std::string> out{format};
    out.insert(out.end(), asked.begin(), asked.end());
    if (drive.transport != Transport::nvme) out.insert(out.end(), {"-n", "standby,3"});
    if (!type.empty()) out.insert(out.end(), {"-d", type});
    out.push_back(drive.node);
    return out;
}

std::string no_answer(const SmartctlCall& call, const Error& error) {
    if (error.code != ErrorCode::timeout) return "smartctl was stopped: " + error.reason;
    return fmt::format("smartctl did not answer within {} s",
                       std::chrono::ceil<std::chrono::seconds>(call.deadline).count());
}

/// Why what it wrote is no answer; empty: it may be one.
std::string broken(const SmartctlCall& call, const Exit& exit) {
    if (exit.stopped) return no_answer(call, *exit.stopped);
    if (exit.signal != 0) return fmt::format("smartctl was ended by signal {}", exit.signal);
    if (exit.output_cut) return "smartctl wrote more than 1 MiB";
    return "";
}

struct Said {
    std::string json;
    Outcome outcome;
    std::string trouble;  ///< empty: `outcome` can be read
    int exit_status = -1;
};

/// smartctl's own word, though what it wrote is torn.
bool says_failing(const Exit& exit) {
    const bool is_its_own = exit.code < by_signal && exit.code != timed_out && exit.out.starts_with("{");
    return is_its_own && (exit.code & failing_bit) != 0 && (exit.code & no_drive_bits) == 0;
}

Said say(const SmartctlCall& call, const std::vector<std::string>& words) {
    const auto exit = run_child(plain_command(call.program, words), limits_of(call));
    Said out;
    if (!exit) {
        out.trouble = exit.error().text();
        return out;
    }
    out.trouble = broken(call, *exit);
    if (!out.trouble.empty()) return out;
    out.exit_status = exit->code;
    // A drive's name may be any bytes, and JSON is UTF-8: what replaces a byte takes three.
    out.json = valid_utf8(exit->out, 3 * output_max);
    out.outcome = outcome_of(out.json);
    if (!out.outcome.readable && says_failing(*exit)) {
        out.json = fmt::format(R"({{"smartctl":{{"exit_status":{}}}}})", exit->code);
        out.outcome = outcome_of(out.json);
    }
    if (!out.outcome.readable)
        out.trouble = fmt::format("smartctl wrote nothing that can be read (exit code {})", exit->code);
    return out;
}

/// That it is failing, or that a self-test found it so, needs no table beside it.
bool is_bad_news(const std::string& json) {
    const auto report = parse_smartctl_json(json);
    return report && core::assess({}, *report).verdict >= core::Verdict::watch;
}

/// Over USB the overall word alone is none: many bridges make up a good one.
bool is_report(const Said& said, const Drive& drive) {
    const auto& o = said.outcome;
    return o.has_data || (o.has_status && drive.transport != Transport::usb) || is_bad_news(said.json);
}

bool is_guess(const SmartctlCall& call) {
    return call.drive.transport == Transport::usb && call.device_type.empty();
}

/// Whether it could be opened and identified is no matter of support, unless the type is a guess.
bool is_failure(const Said& said, const SmartctlCall& call) {
    return said.outcome.open_failed || ((said.exit_status & 2) != 0 && !is_guess(call));
}

Kind kind_of(const Said& said, const SmartctlCall& call) {
    if (!said.trouble.empty()) return Kind::failed;
    if (said.outcome.asleep) return Kind::asleep;
    if (said.outcome.mute) return is_guess(call) ? Kind::unsupported : Kind::failed;
    if (is_report(said, call.drive)) return Kind::report;
    return is_failure(said, call) ? Kind::failed : Kind::unsupported;
}

std::string trouble_of(const Said& said, Kind kind) {
    if (kind == Kind::report || kind == Kind::asleep) return "";
    if (!said.trouble.empty()) return said.trouble;
    if (said.outcome.mute)
        return "the drive does not answer whether it sleeps (smartctl takes that for sleep)";
    if (said.outcome.switched_off)
        return "SMART is switched off in the drive (smartctl -s on switches it on)";
    if (!said.outcome.messages.empty()) return "smartctl says: " + said.outcome.messages;
    return "the drive gives no attributes and no health log";
}

SmartctlAnswer ask_with(const SmartctlCall& call, const std::string& type) {
    auto said = say(call, words_for(call.drive, type, what_to_ask(call.drive, type), "--json=c"));
    SmartctlAnswer out;
    out.kind = kind_of(said, call);
    out.trouble = trouble_of(said, out.kind);
    out.exit_status = said.exit_status;
    out.json = std::move(said.json);
    if (out.kind == Kind::report) out.device_type = type;
    return out;
}

/// No word at all came: another type would not change that, and a drive that hangs is not to be asked eight
/// times.
bool is_silent(const SmartctlAnswer& answer) {
    return answer.kind == Kind::failed && answer.exit_status < 0;
}

/// Another type cannot change it.
bool is_final(const SmartctlAnswer& answer) {
    return answer.kind == Kind::report || answer.kind == Kind::asleep || is_silent(answer);
}

/// The command of its own that a maker's bridges know, for bridges that smartctl's database does not. Another
/// maker's is never tried: to a bridge that does not know it, it may mean something else.
std::vector<std::string> makers_types(const std::string& usb_id) {
    static const std::vector<std::pair<std::string, std::vector<std::string>>> makers{
        {"152d:", {"sntjmicron", "usbjmicron"}},
        {"174c:", {"sntasmedia"}},
        {"0bda:", {"sntrealtek"}},
        {"04fc:", {"usbsunplus"}},
        {"067b:", {"usbprolific"}},
        {"04b4:", {"usbcypress"}}};
    for (const auto& [vendor, types] : makers)
        if (usb_id.starts_with(vendor)) return types;
    return {};
}

std::string one_type(const SmartctlCall& call) {
    if (!call.device_type.empty()) return call.device_type;
    return call.drive.transport == Transport::usb ? "auto" : device_types_for(call.drive).front();
}

/// The first answer that settles it, else the first of all: the later ones guess.
SmartctlAnswer ask_in_turn(const SmartctlCall& call, const std::vector<std::string>& types) {
    std::optional<SmartctlAnswer> first;
    for (const auto& type : types) {
        auto answer = ask_with(call, type);
        if (is_final(answer)) return answer;
        if (!first) first = std::move(answer);
    }
    return first ? *std::move(first) : SmartctlAnswer{};
}

/// What smartctl's database knows of the bridge, by a call that does no more than open it and identify the
/// drive. "auto" is what it means for ATA: the entry may have more to it than the type that smartctl then
/// names.
boost::system::result<std::vector<std::string>, SmartctlAnswer> usb_types(const SmartctlCall& call) {
    const auto said = say(call, words_for(call.drive, "auto", {"-i"}, "--json=c"));
    SmartctlAnswer none;
    none.kind = kind_of(said, call);
    none.trouble = trouble_of(said, none.kind);
    none.exit_status = said.exit_status;
    if (none.kind == Kind::asleep || is_silent(none)) return none;
    auto types = device_types_for(call.drive);
    if (said.outcome.protocol == "NVMe") types.insert(types.begin(), said.outcome.device_type);
    if (said.outcome.protocol == "ATA") types.insert(types.begin(), "auto");
    return types;
}

SmartctlAnswer find_out(const SmartctlCall& call) {
    if (call.drive.transport != Transport::usb) return ask_in_turn(call, device_types_for(call.drive));
    const auto types = usb_types(call);
    return types ? ask_in_turn(call, *types) : types.error();
}

/// Its messages, else the last of its words.
std::string reason_in(const Outcome& o) {
    if (!o.messages.empty()) return o.messages;
    std::string last;
    for (const auto& line : split_lines(o.output))
        if (!trim(line).empty()) last = line;
    return last.empty() ? "smartctl does not say why" : printable(trim(last), 300);
}

/// `sign`: in smartctl's words when it worked, which its exit status does not tell for every drive; empty:
/// none.
Result<> self_test(const SmartctlCall& call, const std::vector<std::string>& asked,
                   const std::string& context, std::string_view sign) {
    const auto said = say(call, words_for(call.drive, one_type(call), asked, "--json=co"));
    if (!said.trouble.empty()) return Error{ErrorCode::external, context, said.trouble, ""};
    if (said.outcome.asleep || said.outcome.mute)
        return Error{ErrorCode::busy, context, "the drive is asleep", ""};
    constexpr int refused = 1 | 2 | 4;  // command line, opening, a command; the other bits are of health
    const bool seen = sign.empty() || said.outcome.output.find(sign) != std::string::npos;
    if ((said.exit_status & refused) == 0 && seen) return {};
    const auto reason = reason_in(said.outcome);
    const bool busy = reason.find("without aborting") != std::string::npos;
    return Error{busy ? ErrorCode::busy : ErrorCode::external, context, reason, ""};
}

}  // namespace

std::vector<std::string> device_types_for(const Drive& drive) {
    switch (drive.transport) {
        case Transport::ata:
            return {"sat"};  // libata speaks SAT; "ata" would be the old ioctls
        case Transport::nvme:
            return {"nvme"};
        case Transport::sas:
        case Transport::scsi:
            return {"scsi"};
        case Transport::usb:
            break;
        case Transport::virtio:
        case Transport::other:
            return {""};  // smartctl knows by the node's name that it cannot
    }
    std::vector<std::string> out{"sat"};
    for (auto& type : makers_types(drive.usb_id)) out.push_back(type);
    return out;
}

SmartctlAnswer ask_smartctl(const SmartctlCall& call) {
    std::optional<SmartctlAnswer> known;
    if (!call.device_type.empty()) known = ask_with(call, call.device_type);
    // By the status asked for with -n it may be in ATA's sleep mode: then it is left alone.
    if (known && (is_final(*known) || known->exit_status == asleep_status)) return *known;
    auto found = find_out(call);
    if (is_final(found) || !known) return found;
    return *known;
}

Result<> start_self_test(const SmartctlCall& call, SelfTestKind kind) {
    const std::string length = kind == SelfTestKind::extended ? "long" : "short";
    return self_test(call, {"-t", length},
                     fmt::format("cannot start the {} self-test of {}", length, call.drive.node),
                     "has begun");
}

Result<> abort_self_test(const SmartctlCall& call) {
    return self_test(call, {"-X"}, "cannot end the self-test of " + call.drive.node, "");
}

}  // namespace guardian::health
