-- SPDX-License-Identifier: PostgreSQL
-- One MiB of DataRow messages: 9,447 rows of 111 bytes on the wire.
SELECT body FROM mib;
