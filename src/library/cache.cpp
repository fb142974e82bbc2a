#include "library/cache.h"

#include <elf.h>
#include <link.h>

#include <cstdlib>

#include "npverify/npverify.h"

namespace npverify {

Cache::Cache(const std::string& folder) : state_(std::make_shared<State>(folder)) {}

std::string Cache::default_folder() {
  const auto set = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value ? value : "");
  };
  // The XDG directory specification: a relative path is to be ignored.
  if (const std::string folder = set("XDG_CACHE_HOME"); folder.starts_with("/")) return folder + "/npverify/answers";
  const std::string home = set("HOME");
  return home.empty() ? "" : home + "/.cache/npverify/answers";
}

std::vector<std::string> Cache::notes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->folder.notes();
}

namespace library {
namespace {

/// The build id that the linker wrote into the program (or shared library) that holds `address`: a digest of its contents.
struct BuildId {
  uintptr_t address;
  std::string id;
};

size_t padded(size_t size) { return (size + 3) / 4 * 4; }

std::string build_id_in(const char* notes, size_t size) {
  for (size_t at = 0; at + sizeof(ElfW(Nhdr)) <= size;) {
    const auto* note = reinterpret_cast<const ElfW(Nhdr)*>(notes + at);
    const size_t name = at + sizeof *note, text = name + padded(note->n_namesz), end = text + padded(note->n_descsz);
    if (end > size) break;
    if (note->n_type == NT_GNU_BUILD_ID && std::string_view(notes + name, note->n_namesz) == std::string_view("GNU", 4)) return {notes + text, note->n_descsz};
    at = end;
  }
  return "";
}

int look_at(dl_phdr_info* object, size_t, void* data) {
  auto& wanted = *static_cast<BuildId*>(data);
  bool holds = false;
  std::string id;
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    const uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD) holds = holds || (wanted.address >= begin && wanted.address - begin < segment.p_memsz);
    if (segment.p_type == PT_NOTE && id.empty()) id = build_id_in(reinterpret_cast<const char*>(begin), segment.p_memsz);
  }
  if (holds) wanted.id = id;
  return holds ? 1 : 0;
}

std::string hexadecimal(const cache::Digest& digest) {
  std::string text;
  for (size_t i = 0; i < 16; ++i)
    for (const int shift : {4, 0}) text += "0123456789abcdef"[digest[i] >> shift & 15];
  return text;
}

}  // namespace

std::optional<cache::Digest> this_program() {
  BuildId program{reinterpret_cast<uintptr_t>(&look_at), {}};
  dl_iterate_phdr(look_at, &program);
  if (program.id.empty()) return std::nullopt;
  return cache::Hasher().add(version()).add(program.id).finish();
}

StoredTable::StoredTable(const Cache& cache, const std::string& name, const cache::Digest& owner)
    : cache_(cache), name_(name + "-" + hexadecimal(cache::Hasher().add(name).add(owner).finish())), owner_(owner) {
  const std::lock_guard lock(cache_.state().mutex);
  cache::Folder& folder = cache_.state().folder;
  auto bytes = folder.read(name_);
  if (!bytes) return;
  if (auto found = cache::Table::read(std::move(*bytes), owner)) table_ = std::move(*found);
  else folder.discard(name_, "it is damaged");
}

void StoredTable::save() {
  if (!table_.changed()) return;
  const std::lock_guard lock(cache_.state().mutex);
  cache_.state().folder.write(name_, table_.write(owner_));
}

}  // namespace library
}  // namespace npverify
