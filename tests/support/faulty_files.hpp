// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/output_files.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace mnemo::testing {

/// The file system with a fault: the `step`-th change (from 0) calls `fault`, and if that returns,
/// it and all later ones fail. An appended or overwritten piece is one step, of which half is
/// written before the fault.
class FaultyFiles final : public OutputFiles {
 public:
  FaultyFiles(int step, std::function<void()> fault)
      : state_(std::make_shared<State>(State{step, std::move(fault), disk_files()})) {}

  /// How many changes were asked for.
  int steps() const { return state_->done; }

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
    std::shared_ptr<OutputFiles> disk;
    int done = 0;

    bool is_faulty() const { return done >= fault_at; }
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
      if (state_->is_faulty())
        MNEMO_RETURN_IF_ERROR(file_->append(data.substr(0, data.size() / 2)));
      MNEMO_RETURN_IF_ERROR(state_->take_step());
      return file_->append(data);
    }
    Status overwrite(uint64_t offset, std::string_view data) override {
      MNEMO_RETURN_IF_ERROR(state_->take_step());
      return file_->overwrite(offset, data);
    }
    Status sync() override {
      MNEMO_RETURN_IF_ERROR(state_->take_step());
      return file_->sync();
    }

   private:
    std::shared_ptr<State> state_;
    std::unique_ptr<OutputFile> file_;
  };

  std::shared_ptr<State> state_;
};

}  // namespace mnemo::testing
