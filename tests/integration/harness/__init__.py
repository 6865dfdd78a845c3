"""The real parts that the tests are made of: disks, the daemon, the command, Borg. No test in here."""
