// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/output_files.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace mnemo::testing {

/// Which changes fail once the fault has come.
enum class FaultyPart { kOne, kAllLater };

/// The file system with a fault: the `step`-th change (from 0) calls `fault`, and if that returns,
/// it fails, and so do all later ones unless the fault is of one step. An appended or overwritten
/// piece is one step, of which half is written before the fault.
class FaultyFiles final : public OutputFiles {
 public:
  FaultyFiles(int step, std::function<void()> fault, FaultyPart part = FaultyPart::kAllLater)
      : state_(std::make_shared<State>(State{step, std::move(fault), part, disk_files()})) {}

  /// How many changes were asked for.
  int steps() const { return state_->done; }
  /// Whether the fault has come.
  bool has_failed() const { return state_->done > state_->fault_at; }

  Status create_folder(const std::filesystem::path& path) override {
    MNEMO_RETURN_IF_ERROR(state_->take_step());
    return state_->disk->create_folder(path);
  }
  Result<std::unique_ptr<OutputFile>> create(const std::filesystem::path& path) override {
    MNEMO_RETURN_IF_ERROR(state_->take_step());
    MNEMO_TRY(auto file, state_->disk->create(path));
    return std::unique_ptr<OutputFile>(std::make_unique<File>(state_, std::move(file)));
  }
  Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    MNEMO_RETURN_IF_ERROR(state_->take_step());
    return state_->disk->rename(from, to);
  }
  Status sync_folder(const std::filesystem::path& path) override {
    MNEMO_RETURN_IF_ERROR(state_->take_step());
    return state_->disk->sync_folder(path);
  }
  Status remove_all(const std::filesystem::path& path) override {
    MNEMO_RETURN_IF_ERROR(state_->take_step());
    return state_->disk->remove_all(path);
  }

 private:
  struct State {
    int fault_at;
    std::function<void()> fault;
    FaultyPart part;
    std::shared_ptr<OutputFiles> disk;
    int done = 0;

    bool is_faulty() const {
      return done == fault_at || (done > fault_at && part == FaultyPart::kAllLater);
    }
    Status take_step() {
      if (is_faulty()) fault();
      Status status;
      if (is_faulty()) status = Status::resource_exhausted("injected fault");
      ++done;
      return status;
    }
  };

  class File final : public OutputFile {
   public:
    File(std::shared_ptr<State> state, std::unique_ptr<OutputFile> file)
        : state_(std::move(state)), file_(std::move(file)) {}

    Status append(std::string_view data) override {
      if (state_->is_faulty()) MNEMO_RETURN_IF_ERROR(file_->append(half(data)));
      MNEMO_RETURN_IF_ERROR(state_->take_step());
      return file_->append(data);
    }
    Status overwrite(uint64_t offset, std::string_view data) override {
      if (state_->is_faulty()) MNEMO_RETURN_IF_ERROR(file_->overwrite(offset, half(data)));
      MNEMO_RETURN_IF_ERROR(state_->take_step());
      return file_->overwrite(offset, data);
    }
    Status sync() override {
      MNEMO_RETURN_IF_ERROR(state_->take_step());
      return file_->sync();
    }

   private:
    static std::string_view half(std::string_view data) { return data.substr(0, data.size() / 2); }

    std::shared_ptr<State> state_;
    std::unique_ptr<OutputFile> file_;
  };

  std::shared_ptr<State> state_;
};

/// The file system with a full disk below one file: the `number`-th that is created (from 0).
class FullDisk final : public OutputFiles {
 public:
  explicit FullDisk(int number) : number_(number) {}

  /// The file that nothing can be written to; empty while it isn't created.
  const std::filesystem::path& full_file() const { return full_file_; }

  Status create_folder(const std::filesystem::path& path) override {
    return disk_->create_folder(path);
  }
  Result<std::unique_ptr<OutputFile>> create(const std::filesystem::path& path) override {
    if (created_++ == number_) {
      full_file_ = path;
      std::filesystem::create_symlink("/dev/full", path);
    }
    return disk_->create(path);
  }
  Status rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    return disk_->rename(from, to);
  }
  Status sync_folder(const std::filesystem::path& path) override {
    return disk_->sync_folder(path);
  }
  Status remove_all(const std::filesystem::path& path) override { return disk_->remove_all(path); }

 private:
  int number_;
  int created_ = 0;
  std::filesystem::path full_file_;
  std::shared_ptr<OutputFiles> disk_ = disk_files();
};

}  // namespace mnemo::testing
