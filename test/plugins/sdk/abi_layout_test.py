#!/usr/bin/env python3
"""abi_layout.py tells what it is there to tell: each test changes one thing in a copy of abi.h.

abi_layout_test.py HEADER LOCK COMPILER
"""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).with_name("abi_layout.py")
HEADER, LOCK, COMPILER = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]


class AbiLayout(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.header = Path(folder.name) / "abi.h"
        self.lock = Path(folder.name) / "abi_layout.lock"
        self.header.write_text(HEADER.read_text())
        self.lock.write_text(LOCK.read_text())

    def replace(self, old, new):
        text = self.header.read_text()
        self.assertEqual(text.count(old), 1, old)
        self.header.write_text(text.replace(old, new))

    def run_script(self, *options):
        command = [sys.executable, SCRIPT, self.header, self.lock, "--cc", COMPILER, *options]
        return subprocess.run(command, capture_output=True, text=True)

    def expect(self, code, *texts):
        result = self.run_script()
        self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        for text in texts:
            self.assertIn(text, result.stdout)

    def test_the_header_as_it_is_equals_its_lock(self):
        self.expect(0)

    def test_an_appended_member_asks_to_update_the_lock_and_then_is_recorded(self):
        self.replace("  size_t operation_count;\n", "  size_t operation_count;\n  void (*close)(void);\n")
        self.expect(3, "new: member kubediag_module.close offset 32", "update the lock")
        self.assertEqual(self.run_script("--update").returncode, 0)
        self.expect(0)

    def test_an_appended_member_that_leaves_padding_is_refused(self):
        self.replace("  size_t operation_count;\n", "  size_t operation_count;\n  uint32_t level;\n")
        self.expect(1, "padding at the end of kubediag_module")

    def test_a_member_in_the_middle_is_refused_and_no_update_records_it(self):
        self.replace("  uint64_t default_timeout;", "  uint64_t memory;\n  uint64_t default_timeout;")
        self.expect(1, "changed: member kubediag_operation.name offset 32", "not at the end")
        self.assertEqual(self.run_script("--update").returncode, 1)

    def test_members_that_changed_places_are_refused(self):
        self.replace("  kubediag_string version;\n", "")
        self.replace("  kubediag_string name;    ", "  kubediag_string version;\n  kubediag_string name;    ")
        self.expect(1, "changed: member kubediag_operation.name offset 32")

    def test_a_removed_member_is_refused(self):
        self.replace("  kubediag_bytes state;", "  ")
        self.expect(1, "removed: member kubediag_job.state")

    def test_a_renamed_member_is_refused(self):
        self.replace("  kubediag_bytes state;", "  kubediag_bytes memory;")
        self.expect(1, "removed: member kubediag_job.state")

    def test_a_retyped_member_of_the_same_size_is_refused(self):
        self.replace("  int32_t listen_socket;", "  uint32_t listen_socket;")
        self.expect(1, "changed: member kubediag_job.listen_socket")

    def test_another_argument_of_a_function_is_refused(self):
        self.replace("int32_t (*cancelled)(void* context);", "int32_t (*cancelled)(void* context, int why);")
        self.expect(1, "changed: member kubediag_host.cancelled")

    def test_a_grown_view_is_refused(self):
        self.replace("  kubediag_string value;\n} kubediag_pair;", "  kubediag_string value;\n  void* more;\n} kubediag_pair;")
        self.expect(1, "kubediag_pair is frozen")

    def test_another_value_of_a_constant_is_refused(self):
        self.replace("KUBEDIAG_CANCELLED = 8", "KUBEDIAG_CANCELLED = 88")
        self.expect(1, "changed: constant KUBEDIAG_CANCELLED 8")

    def test_another_feature_bit_is_refused(self):
        self.replace("KUBEDIAG_FEATURE_NETWORK (UINT64_C(1) << 1)", "KUBEDIAG_FEATURE_NETWORK (UINT64_C(1) << 9)")
        self.expect(1, "changed: constant KUBEDIAG_FEATURE_NETWORK 2")

    def test_a_new_constant_asks_to_update_the_lock(self):
        self.replace("  KUBEDIAG_INTERNAL = 12\n", "  KUBEDIAG_INTERNAL = 12,\n  KUBEDIAG_TIRED = 13\n")
        self.expect(3, "new: constant KUBEDIAG_TIRED 13", "update the lock")

    def test_another_exported_function_is_refused(self):
        text = self.header.read_text().replace("uint32_t host_minor)", "uint64_t host_minor)")
        self.header.write_text(text)
        self.expect(1, "changed: function kubediag_operation_module_v1")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
