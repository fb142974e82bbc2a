#include "resource/cidr.h"
#include "resource/syntax.h"
#include "support/catch.h"

using namespace npverify::resource;

TEST_CASE("names, labels and ports at their limits", "[resource]") {
  const std::string x63(63, 'x'), x64(64, 'x'), x253 = x63 + "." + x63 + "." + x63 + "." + std::string(61, 'x');
  CHECK_FALSE(dns_label_problem(x63));
  CHECK(dns_label_problem(x64));
  CHECK(dns_label_problem(""));
  CHECK(dns_label_problem("a.b"));
  CHECK(dns_label_problem("-a"));
  CHECK_FALSE(dns_subdomain_problem(x253));
  CHECK(dns_subdomain_problem(x253 + "x"));
  CHECK(dns_subdomain_problem("a..b"));
  CHECK(dns_subdomain_problem("a."));
  CHECK_FALSE(label_key_problem("a.b/" + x63));
  CHECK(label_key_problem("a.b/" + x64));
  CHECK(label_key_problem("a.b/"));
  CHECK(label_key_problem("A.b/c"));
  CHECK_FALSE(label_key_problem("A_b.C"));
  CHECK_FALSE(label_value_problem(""));
  CHECK(label_value_problem("a b"));
  CHECK(label_value_problem("-a"));
  CHECK_FALSE(port_name_problem("fifteen-chars-a"));
  CHECK(port_name_problem("sixteen-chars-ab"));
  CHECK(port_name_problem("80"));
  CHECK(port_name_problem("a--b"));
}

TEST_CASE("CIDRs as servers without strict validation take them", "[resource]") {
  const auto text = [](std::string_view cidr) {
    const auto parsed = parse_legacy_cidr(cidr);
    return parsed ? parsed->prefix.to_string() + (parsed->remark.empty() ? "" : " !") : "none";
  };
  CHECK(text("10.0.0.0/8") == "10.0.0.0/8");
  CHECK(text("10.1.2.3/8") == "10.0.0.0/8 !");
  CHECK(text("010.000.0.0/08") == "10.0.0.0/8 !");
  CHECK(text("2001:0db8::/32") == "2001:db8::/32");
  CHECK(text("2001:00db8::/32") == "2001:db8::/32 !");
  CHECK(text("2001:db8::/032") == "2001:db8::/32 !");
  CHECK(text("::ffff:10.0.0.0/104") == "10.0.0.0/8 !");
  CHECK(text("::ffff:10.0.0.0/90") == "::ffc0:0:0/90 !");
  CHECK(text("0.0.0.0/0") == "0.0.0.0/0");
  for (const char* wrong : {"", "/", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0/8", " 10.0.0.0/8", "10.0.0.0/8 ", "256.0.0.0/8", "fe80::1%eth0/64", "::/129", "10.0.0.0/8/8"}) CHECK(text(wrong) == "none");
}
