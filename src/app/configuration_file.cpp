#include "rtpproxy/app/option_sources.hpp"

#include <fmt/format.h>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace rtpproxy {
namespace {

constexpr std::string_view blanks = " \t\r";
constexpr std::size_t max_file_bytes = 1U << 20U;

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Reads the values of one line, front to back.
class value_scanner {
  public:
    value_scanner(std::string_view text, value_list form) : rest_(trim(text)), form_(form) {}

    parsed<std::vector<std::string>> run() {
        while (!at_end()) {
            const bool is_read = rest_.front() == '"' ? read_quoted() : read_plain();
            if (!is_read || !read_separator()) return reason_;
        }
        if (values_.empty()) return std::string("expected a value");
        return std::move(values_);
    }

  private:
    bool at_end() const { return rest_.empty() || is_comment(0); }

    /// Comments begin with `#` or `;`, at the start or after a blank. The environment has none.
    bool is_comment(std::size_t at) const {
        if (form_ == value_list::blank_separated || (rest_[at] != '#' && rest_[at] != ';')) return false;
        return at == 0 || blanks.find(rest_[at - 1]) != blanks.npos;
    }

    bool is_separator(char c) const {
        return (form_ == value_list::comma_separated && c == ',') ||
               (form_ == value_list::blank_separated && blanks.find(c) != blanks.npos);
    }

    bool fail(std::string reason) {
        reason_ = std::move(reason);
        return false;
    }

    bool read_quoted() {
        std::string value;
        for (std::size_t i = 1; i < rest_.size(); ++i) {
            if (rest_[i] == '"') {
                rest_ = trim_front(rest_.substr(i + 1));
                values_.push_back(std::move(value));
                return true;
            }
            if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
            value += rest_[i];
        }
        return fail("the closing quote is missing");
    }

    bool read_plain() {
        std::size_t length = 0;
        while (length < rest_.size() && !is_separator(rest_[length]) && !is_comment(length))
            ++length;
        const auto value = trim(rest_.substr(0, length));
        rest_.remove_prefix(length);
        values_.emplace_back(value);
        return !value.empty() || fail("expected a value before the comma");
    }

    bool read_separator() {
        if (at_end()) return true;
        if (form_ == value_list::comma_separated && rest_.front() == ',') {
            rest_ = trim_front(rest_.substr(1));
            return !at_end() || fail("expected a value after the comma");
        }
        rest_ = trim_front(rest_);
        return form_ == value_list::blank_separated || fail("unexpected text after the value");
    }

    static std::string_view trim_front(std::string_view text) {
        text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
        return text;
    }

    std::string_view rest_;
    value_list form_;
    std::vector<std::string> values_;
    std::string reason_;
};

std::string hint_for(std::string_view line) {
    if (line.starts_with('[')) return "sections are not used, remove this line";
    if (line.starts_with("modules"))
        return "modules cannot be loaded into this program; its configuration file has lines of 'key = "
               "value', 'cdr = csv:FILE' in place of acct_csv";
    return "expected 'key = value'";
}

void add_line(std::vector<given_option>& given, std::string_view line, const std::string& source,
              const option_table& table) {
    if (line.find('\0') != line.npos)
        throw configuration_error(fmt::format("{}: {}: has a NUL in it", source, quote_for_message(line)));
    const auto equals = line.find('=');
    if (equals == line.npos || line.starts_with('['))
        throw configuration_error(fmt::format("{}: {}: {}", source, quote_for_message(line), hint_for(line)));
    given_option option{key_of(trim(line.substr(0, equals))), std::string(trim(line.substr(equals + 1))),
                        source};
    if (!table.is_setting(option.key))
        throw configuration_error(
            fmt::format("{}: {}: there is no such setting", source, quote_for_message(option.key)));
    const bool repeatable = table.is_repeatable(option.key);
    auto values = split_values(option.value, repeatable ? value_list::comma_separated : value_list::single);
    if (values.has_error()) throw bad_value(option, values.error());
    for (auto& value : *values) {
        option.value = std::move(value);
        table.check(option);
        given.push_back(option);
    }
}

configuration_error cannot_read(const std::filesystem::path& file, int error) {
    return configuration_error(fmt::format("{}: cannot read it: {}", file.string(), std::strerror(error)));
}

bool is_null_device(const struct stat& status) {
    return S_ISCHR(status.st_mode) && status.st_rdev == makedev(1, 3);
}

/// What a file is that is none to read.
std::string_view kind_of(mode_t mode) {
    if (S_ISDIR(mode)) return "directory";
    if (S_ISFIFO(mode)) return "FIFO";
    if (S_ISSOCK(mode)) return "socket";
    return "device";
}

/// The text of a regular file, or the empty one of /dev/null. Others might have no end, or never begin.
std::string read_whole(const std::filesystem::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) throw cannot_read(file, errno);
    if (is_null_device(status)) return {};
    if (!S_ISREG(status.st_mode))
        throw configuration_error(fmt::format("{}: is a {}, expected a configuration file", file.string(),
                                              kind_of(status.st_mode)));
    std::ifstream in(file, std::ios::binary);
    if (!in) throw cannot_read(file, errno);
    std::string text(max_file_bytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (in.bad()) throw cannot_read(file, errno);
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > max_file_bytes)
        throw configuration_error(fmt::format("{}: is larger than {} bytes", file.string(), max_file_bytes));
    return text;
}

}  // namespace

parsed<std::vector<std::string>> split_values(std::string_view text, value_list form) {
    return value_scanner(text, form).run();
}

std::string quote_value(std::string_view value) {
    const bool plain = !value.empty() && value.find_first_of("\"\\#;, \t\r") == value.npos;
    if (plain) return std::string(value);
    std::string quoted = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

std::vector<given_option> read_configuration(std::istream& in, const std::string& name,
                                             const option_table& table) {
    std::vector<given_option> given;
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        const auto text = trim(line);
        if (text.empty() || text.front() == '#' || text.front() == ';') continue;
        add_line(given, text, fmt::format("{}:{}", name, number), table);
    }
    return given;
}

std::vector<given_option> read_configuration_file(const std::filesystem::path& file,
                                                  const option_table& table) {
    std::istringstream in(read_whole(file));
    return read_configuration(in, file.string(), table);
}

}  // namespace rtpproxy
