/* SPDX-License-Identifier: PostgreSQL */
/*
 * protocol/sqlstate.h - the SQLSTATEs that Sluice itself sends or looks for.
 *
 * PostgreSQL documentation, Appendix A, "PostgreSQL Error Codes". A client library
 * decides by these whether to try again, so each of our errors has the one that
 * PostgreSQL would have sent in its place.
 */
#ifndef SLUICE_PROTOCOL_SQLSTATE_H
#define SLUICE_PROTOCOL_SQLSTATE_H

/* Class 08, connections */
#define SL_STATE_UNABLE_TO_CONNECT "08001"
#define SL_STATE_REJECTED "08004"
#define SL_STATE_CONNECTION_FAILURE "08006"
#define SL_STATE_PROTOCOL_VIOLATION "08P01"

/* Class 0A to 3D, what was asked for */
#define SL_STATE_FEATURE_NOT_SUPPORTED "0A000"
#define SL_STATE_INVALID_PARAMETER "22023"
#define SL_STATE_IN_FAILED_TX "25P02"
#define SL_STATE_IDLE_IN_TX_TIMEOUT "25P03"
#define SL_STATE_TRANSACTION_TIMEOUT "25P04"
#define SL_STATE_UNDEFINED_PSTATEMENT "26000"
#define SL_STATE_INVALID_AUTHORIZATION "28000"
#define SL_STATE_INVALID_PASSWORD "28P01"
#define SL_STATE_INVALID_CATALOG "3D000"

/* Class 42, syntax, names and rights */
#define SL_STATE_INSUFFICIENT_PRIVILEGE "42501"
#define SL_STATE_SYNTAX_ERROR "42601"
#define SL_STATE_UNDEFINED_OBJECT "42704"
#define SL_STATE_DUPLICATE_PSTATEMENT "42P05"

/* Class 53 to 55, resources and states */
#define SL_STATE_DISK_FULL "53100"
#define SL_STATE_OUT_OF_MEMORY "53200"
#define SL_STATE_TOO_MANY_CONNECTIONS "53300"
#define SL_STATE_WARNING "01000"
#define SL_STATE_LIMIT_EXCEEDED "53400"
#define SL_STATE_PROGRAM_LIMIT "54000"
#define SL_STATE_OBJECT_NOT_IN_STATE "55000"

/* Class 57, an operator or a clock stepped in */
#define SL_STATE_QUERY_CANCELED "57014"
#define SL_STATE_ADMIN_SHUTDOWN "57P01"
#define SL_STATE_CRASH_SHUTDOWN "57P02"
#define SL_STATE_CANNOT_CONNECT_NOW "57P03"
#define SL_STATE_IDLE_SESSION_TIMEOUT "57P05"

#define SL_STATE_INTERNAL "XX000"

#endif
