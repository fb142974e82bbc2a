#include "logic/sexpr.h"

#include <cctype>

namespace npverify::logic {
namespace {

constexpr size_t deepest = 200;

class Reader {
 public:
  Reader(const std::shared_ptr<const base::SourceFile>& file, base::Diagnostics& diagnostics) : file_(file), text_(file->text), diagnostics_(diagnostics) {}

  std::vector<SExpr> read() {
    std::vector<SExpr> open{SExpr{.is_list = true}};
    while (skip()) {
      const char c = text_[at_];
      if (c == '(') {
        if (open.size() > deepest) return error("nested deeper than 200 levels"), std::move(open[0].items);
        open.push_back(start(true));
        advance();
      } else if (c == ')') {
        if (open.size() == 1) return error("')' without '('"), std::move(open[0].items);
        advance();
        close(open);
      } else {
        open.back().items.push_back(word());
      }
    }
    if (open.size() > 1) {
      diagnostics_.error({file_, open.back().line, open.back().column}, "", "'(' is never closed");
      return std::move(open[0].items);
    }
    return std::move(open[0].items);
  }

 private:
  static void close(std::vector<SExpr>& open) {
    SExpr done = std::move(open.back());
    open.pop_back();
    open.back().items.push_back(std::move(done));
  }

  void advance() {
    if (text_[at_++] == '\n') {
      ++line_;
      column_ = 1;
    } else {
      ++column_;
    }
  }

  // To the next word or parenthesis, remembering the comment lines directly above it.
  bool skip() {
    uint32_t comment_end = 0;
    while (at_ < text_.size()) {
      if (text_[at_] == ';') {
        if (comment_end + 1 != line_) comment_.clear();
        comment_end = line_;
        const size_t end = std::min(text_.find('\n', at_), text_.size());
        std::string body = text_.substr(at_, end - at_);
        body.erase(0, body.find_first_not_of("; \t"));
        comment_ += (comment_.empty() ? "" : " ") + body;
        while (at_ < end) advance();
      } else if (std::isspace(static_cast<unsigned char>(text_[at_]))) {
        advance();
      } else {
        if (comment_end + 1 != line_) comment_.clear();
        return true;
      }
    }
    return false;
  }

  SExpr start(bool list) {
    SExpr e{.is_list = list, .line = line_, .column = column_, .comment = comment_};
    comment_.clear();
    return e;
  }

  SExpr word() {
    SExpr e = start(false);
    while (at_ < text_.size() && text_[at_] != '(' && text_[at_] != ')' && text_[at_] != ';' && !std::isspace(static_cast<unsigned char>(text_[at_]))) {
      e.word += text_[at_];
      advance();
    }
    return e;
  }

  void error(const char* message) { diagnostics_.error({file_, line_, column_}, "", message); }

  std::shared_ptr<const base::SourceFile> file_;
  const std::string& text_;
  base::Diagnostics& diagnostics_;
  size_t at_ = 0;
  uint32_t line_ = 1, column_ = 1;
  std::string comment_;
};

}  // namespace

std::vector<SExpr> read_sexprs(const std::shared_ptr<const base::SourceFile>& file, base::Diagnostics& diagnostics) {
  return Reader(file, diagnostics).read();
}

}  // namespace npverify::logic
