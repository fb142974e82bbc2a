#include "report/terminal.h"

#include "support/catch.h"

using namespace npverify::report;

TEST_CASE("wrap breaks at spaces and cuts what is longer than a line") {
  struct Case {
    const char* text;
    size_t width;
    std::vector<std::string> lines;
  };
  const Case cases[] = {
      {"", 10, {""}},
      {"one two three", 7, {"one two", "three"}},
      {"one two three", 100, {"one two three"}},
      {"abcdefghij kl", 4, {"abcd", "efgh", "ij", "kl"}},
      {"größer", 6, {"größer"}},
      {"größer", 3, {"grö", "ßer"}},
  };
  for (const Case& one : cases) {
    INFO(one.text << " at " << one.width);
    CHECK(wrap(one.text, one.width) == one.lines);
  }
}

TEST_CASE("a number is not parted from its noun") {
  CHECK(wrap("many words " + unbroken("[2 policies]"), 13) == std::vector<std::string>{"many words", "[2 policies]"});
  CHECK(wrap("many words " + unbroken("[2 policies]"), 40) == std::vector<std::string>{"many words [2 policies]"});
}

TEST_CASE("escape sequences take no columns") {
  const Style style{.colour = true};
  CHECK(display_width(paint(style, Ink::red, "deny")) == 4);
  CHECK(paint(Style{}, Ink::red, "deny") == "deny");
}

TEST_CASE("a table gives narrow columns what they need and wraps in the others") {
  Table table({"", "left", "right"});
  table.row({"egress", "allow", "deny: default deny of shop/some-policy-with-a-long-name"});
  CHECK(table.render(Style{.width = 50}, 2) ==
        "          left   right\n"
        "  egress  allow  deny: default deny of\n"
        "                 shop/some-policy-with-a-long-name\n");
  CHECK(table.render(Style{.width = 200}, 0) ==
        "        left   right\n"
        "egress  allow  deny: default deny of shop/some-policy-with-a-long-name\n");
}

TEST_CASE("a paragraph hangs under its head") {
  CHECK(paragraph(Style{.width = 24}, "  - ", "one two three four five six") == "  - one two three four\n    five six\n");
}
