#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "env/disk.h"
#include "env/sim/incarnation.h"
#include "env/sim/inode.h"
#include "env/sim/options.h"

namespace moldau::env {

/// What a disk is asked for, as faults name it.
enum class DiskOp : std::uint8_t {
  write,        ///< pwritev
  read,         ///< pread
  cached_read,  ///< pread_cached, send_file
  sync,         ///< datasync
  sync_names,   ///< sync_directory
  sync_all,     ///< FileSystem::sync
  truncate,     ///< truncate
  names,        ///< open, list, exists, make, rename, remove, lock
};

/// A file or directory. `entries` of a directory are what programs see, `durable` what a crash
/// leaves for certain.
struct SimInode {
  bool is_directory{false};
  FileImage image;
  WallMs modified{sim_wall_start};
  std::map<std::string, std::shared_ptr<SimInode>> entries;
  std::map<std::string, std::shared_ptr<SimInode>> durable;
  std::uint64_t room_until{0};  // that was asked for ahead; not counted as in use
  bool is_linked{true};         // counts for the space in use
};

/// Other bytes in place of some that had been synced: rot, or a write that went astray.
struct DiskDamage {
  std::string path;
  std::shared_ptr<SimInode> inode;
  std::uint64_t position{
      0};  ///< `was` and `is` begin a little before the damage, and end behind it
  std::vector<std::uint8_t> was;
  std::vector<std::uint8_t> is;
};

/// The disk of one node: it outlives the node's crashes. Programs reach it through SimDisk, which
/// is fenced; tests use this class to look at it and to break it.
class SimDiskState {
 public:
  SimDiskState(Schedule& schedule, const std::string& node, const SimDiskOptions& options);

  // Faults.
  void set_capacity(std::uint64_t bytes) { options_.capacity_bytes = bytes; }
  SimDiskOptions& options() { return options_; }
  /// The next such operation on a path that contains `path_part` fails with EIO. A failed write has
  /// written a part; a failed sync leaves its pages clean and lost.
  void fail_next(DiskOp op, std::string path_part = {});
  /// The next such operation blocks its thread for so long.
  void stall_next(DiskOp op, Duration duration, std::string path_part = {});
  /// Every operation takes so much longer, until then.
  void slow_down(MonoTime until, Duration extra);
  /// Calls back right after the n-th operation from now took effect: the place to crash the node.
  void after_operations(std::uint64_t n, std::function<void()> call);
  std::uint64_t operations() const { return operations_; }
  /// Damage at rest. False if there is no such byte.
  bool flip_bit(const std::string& path, std::uint64_t position, int bit);
  /// The same with any bytes. Null: the file is not there, has not so many bytes, or some of it is
  /// not synced.
  std::optional<DiskDamage> damage(const std::string& path, std::uint64_t position, Bytes bytes);
  /// Puts the bytes back, unless somebody has written there or cut the file since.
  static bool mend(const DiskDamage& damage);
  /// Paths of all files, in order.
  std::vector<std::string> files() const;
  /// What a crash leaves of it for certain; null: no such file.
  const std::vector<std::uint8_t>* durable(const std::string& path) const;

  /// Power is lost: chooses which unsynced names and sectors survive, drops the rest and all locks.
  void crash();
  /// The program is killed, the system lives: nothing is lost but the locks.
  void release_locks() { locks_.clear(); }
  std::uint64_t used_bytes() const { return used_bytes_; }

 private:
  friend class SimDisk;
  friend class SimFile;
  friend class SimDirLock;

  /// A change of names that no sync has covered. A rename is one change, of the target's directory.
  struct NameChange {
    std::shared_ptr<SimInode> from;  // directory; null: a new name
    std::string from_name;
    std::shared_ptr<SimInode> to;  // directory; null: a removal
    std::string to_name;
    std::shared_ptr<SimInode> inode;
  };
  struct Fault {
    DiskOp op;
    std::string path_part;
    Duration stall;  // zero: fail
  };
  enum class Outcome : std::uint8_t { good, failed };

  /// Accounts for the operation: latency, planned and random faults.
  Outcome begin(DiskOp op, const std::string& path);
  /// To be called when the operation has taken effect.
  void end();
  const Latency& latency(DiskOp op) const;
  std::uint64_t error_rate(DiskOp op) const;

  /// Of its own clock, which no fault touches.
  WallMs wall() const;
  std::shared_ptr<SimInode> find(const std::string& path) const;
  void change_names(NameChange change);
  static void apply(const NameChange& change,
                    std::map<std::string, std::shared_ptr<SimInode>> SimInode::* names);
  void sync_names(const SimInode* directory);
  void settle_tree(SimInode& directory);
  void sync_tree(SimInode& directory);
  void unlink(SimInode& inode);

  Schedule& schedule_;
  const std::uint64_t id_;
  SimDiskOptions options_;
  Prng prng_;
  std::shared_ptr<SimInode> root_;
  std::vector<NameChange> name_changes_;
  std::set<std::string> locks_;
  std::vector<Fault> faults_;
  MonoTime slow_until_{};
  Duration slow_extra_{0};
  std::uint64_t used_bytes_{0};
  std::uint64_t operations_{0};
  std::uint64_t call_after_{0};  // 0: never
  std::function<void()> call_;
};

/// The disk as one incarnation of the node sees it.
class SimDisk final : public Disk {
 public:
  SimDisk(std::shared_ptr<Incarnation> incarnation, SimDiskState& state)
      : incarnation_(std::move(incarnation)), state_(state) {}

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<std::vector<DirEntry>> list(const std::string& directory) override;
  Result<bool> exists(const std::string& path) override;
  Result<> make_directory(const std::string& path) override;
  Result<> rename(const std::string& from, const std::string& to) override;
  Result<> remove_file(const std::string& path) override;
  Result<> remove_directory(const std::string& path) override;
  Result<> sync_directory(const std::string& path) override;
  Result<std::unique_ptr<FileSystem>> file_system(const std::string& path) override;
  /// What sync of such a file system does.
  Result<> sync_all(const std::string& path);
  Result<Space> space(const std::string& path) override;
  Result<std::unique_ptr<DirLock>> lock(const std::string& path) override;

 private:
  struct Place;

  Result<> begin(DiskOp op, const std::string& path);
  Result<> end();
  Result<Place> locate(const std::string& path);
  Result<> remove(const std::string& path, bool is_directory);

  std::shared_ptr<Incarnation> incarnation_;
  SimDiskState& state_;
};

}  // namespace moldau::env
