// The traps of YAML 1.1, typed as sigs.k8s.io/yaml types them. Each line was compared with that library (go-yaml v2).
#include "manifest/scalar.h"

#include "support/catch.h"

using namespace npverify::manifest;

namespace {

struct Case {
  const char* text;
  NodeKind kind;
  const char* spelled;
};

void check(const std::vector<Case>& cases) {
  for (const auto& c : cases) {
    INFO(c.text);
    std::string storage;
    const TypedScalar typed = type_plain_scalar(c.text, storage);
    CHECK(typed.kind == c.kind);
    CHECK(typed.text == c.spelled);
  }
}

constexpr auto boolean = NodeKind::boolean;
constexpr auto integer = NodeKind::integer;
constexpr auto real = NodeKind::real;
constexpr auto string = NodeKind::string;
constexpr auto null = NodeKind::null;

}  // namespace

TEST_CASE("yes, on and y are booleans; other cases of them are strings", "[manifest]") {
  check({{"true", boolean, "true"}, {"True", boolean, "true"}, {"TRUE", boolean, "true"}, {"yes", boolean, "true"}, {"Yes", boolean, "true"}, {"YES", boolean, "true"},
         {"on", boolean, "true"}, {"ON", boolean, "true"}, {"y", boolean, "true"}, {"Y", boolean, "true"}, {"no", boolean, "false"}, {"off", boolean, "false"},
         {"Off", boolean, "false"}, {"n", boolean, "false"}, {"N", boolean, "false"}, {"false", boolean, "false"}});
  check({{"tRUE", string, "tRUE"}, {"yES", string, "yES"}, {"oN", string, "oN"}, {"yup", string, "yup"}, {"none", string, "none"}, {"t", string, "t"}});
}

TEST_CASE("nothing, ~ and null are null", "[manifest]") {
  check({{"", null, "null"}, {"~", null, "null"}, {"null", null, "null"}, {"Null", null, "null"}, {"NULL", null, "null"}, {"nULL", string, "nULL"}, {"~x", string, "~x"}, {"nil", string, "nil"}});
}

TEST_CASE("integers: signs, octal in both spellings, hexadecimal, binary, underscores", "[manifest]") {
  check({{"0", integer, "0"}, {"80", integer, "80"}, {"-1", integer, "-1"}, {"+5", integer, "5"}, {"-0", integer, "0"}, {"010", integer, "8"}, {"0o10", integer, "8"}, {"0O17", integer, "15"},
         {"0x1F", integer, "31"}, {"0X1f", integer, "31"}, {"-0x10", integer, "-16"}, {"0b11", integer, "3"}, {"1_000", integer, "1000"}, {"0x_1", integer, "1"},
         {"9223372036854775807", integer, "9223372036854775807"}, {"18446744073709551615", integer, "18446744073709551615"}, {"-9223372036854775808", integer, "-9223372036854775808"}});
}

TEST_CASE("octal that is none is a decimal float, which JSON spells without a fraction", "[manifest]") { check({{"08", integer, "8"}, {"0789", integer, "789"}, {"0o8", string, "0o8"}, {"0x", string, "0x"}, {"0xg", string, "0xg"}}); }

TEST_CASE("floats are the JSON number; whole ones are integers to the API server", "[manifest]") {
  check({{"1.5", real, "1.5"}, {"1.10", real, "1.1"}, {"1e3", integer, "1000"}, {"1.0", integer, "1"}, {"1.", integer, "1"}, {".5", real, "0.5"}, {"-.5", real, "-0.5"}, {"+1.5", real, "1.5"}, {"1E-2", real, "0.01"},
         {"1e-7", real, "1e-7"}, {"1e21", real, "1e+21"}, {"18446744073709551616", integer, "18446744073709552000"}, {"1e-400", integer, "0"}, {"6.02e23", real, "6.02e+23"}});
}

TEST_CASE("what is no number is a string", "[manifest]") {
  check({{"1.2.3", string, "1.2.3"}, {"10.0.0.0/8", string, "10.0.0.0/8"}, {"1e400", string, "1e400"}, {".7e808", string, ".7e808"}, {".", string, "."}, {"-", string, "-"}, {"+", string, "+"}, {"1e", string, "1e"}, {"e3", string, "e3"},
         {"0x1p4", string, "0x1p4"}, {"8000-8080", string, "8000-8080"}, {"_1", string, "_1"}, {"12:30:45", string, "12:30:45"}, {"1,000", string, "1,000"}, {"-0b1x", string, "-0b1x"}});
}

TEST_CASE("dates stay strings", "[manifest]") { check({{"2001-01-01", string, "2001-01-01"}, {"2001-12-14T21:59:43Z", string, "2001-12-14T21:59:43Z"}, {"2001-12-14 21:59:43", string, "2001-12-14 21:59:43"}}); }

TEST_CASE("infinity and not-a-number keep their YAML names: JSON has none", "[manifest]") {
  check({{".inf", real, ".inf"}, {"+.Inf", real, ".inf"}, {"-.INF", real, "-.inf"}, {".nan", real, ".nan"}, {".NaN", real, ".nan"}, {".Nan", string, ".Nan"}});
}
