# SPDX-License-Identifier: PostgreSQL
# Included by the root CMakeLists.txt: every test is found by its place in the tree.
#
#   tests/unit/<layer>/test_*.c   unit.<layer>.<name>   linked with that layer only
#   tests/wire/*.wire             wire.<name>           played by tests/wire/wire_run.c
#                                 pipe.<name>           some of them, with [stats] mode = off
#   tests/stages/*.wire           stages.<name>         the same, with the stages of tests/stages
#   tests/e2e/test_*.c            e2e.<name>            real PostgreSQL, tests/support
#   tests/memory/test_memory.c    e2e.memory            the same, and an allocator that fails
#   tests/shapes/*.sql            shapes.corpus         and long.shapes: tests/shapes/check.c
#   tests/fuzz/fuzz_*.c           fuzz.<name>           SLUICE_FUZZ only
#   tests/lint/*.sh               lint.<name>           and lint.selftest: each can fail
#   tests/long/*.sh, test_*.c     long.<name>           SLUICE_LONG only: minutes, not seconds

# No exit status means "skipped": what a test lacks, tests/run installs. (Nor has CMocka's mark of a
# skipped case a SKIP_REGULAR_EXPRESSION: ctest would then call a program skipped whose other cases
# failed. tests/run counts them.)
function(sluice_test name timeout)
  add_test(NAME ${name} COMMAND ${ARGN} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES
    TIMEOUT ${timeout}
    ENVIRONMENT "TSAN_OPTIONS=halt_on_error=1 suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.supp;UBSAN_OPTIONS=print_stacktrace=1")
endfunction()

pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)

# ---- unit -----------------------------------------------------------------------------------

function(sluice_unit_tests layer library)
  file(GLOB sources CONFIGURE_DEPENDS tests/unit/${layer}/test_*.c)
  if(SLUICE_SANITIZE) # their allocators do not fail, they end the process
    list(FILTER sources EXCLUDE REGEX "/test_http_reserve\\.c$")
  endif()
  # One thread cannot race, and the optimizer starts none.
  if(SLUICE_SANITIZE STREQUAL "thread" AND layer STREQUAL "optimizer")
    list(FILTER sources INCLUDE REGEX "/test_[a-z_]*threads\\.c$")
  endif()
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "^test_" "" short ${name})
    set(target unit_${layer}_${short})
    add_executable(${target} ${source})
    target_link_libraries(${target} PRIVATE ${library} PkgConfig::CMOCKA)
    set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY tests/unit)
    sluice_test(unit.${layer}.${short} 300 ${target})
  endforeach()
endfunction()

if(CMOCKA_FOUND)
  sluice_unit_tests(protocol_base sluice_protocol)
  foreach(layer protocol conf cache shard optimizer proxy)
    sluice_unit_tests(${layer} sluice_${layer})
  endforeach()
  if(TARGET sluice_pgconn)
    sluice_unit_tests(pgconn sluice_pgconn)
  endif()
endif()

# ---- wire -----------------------------------------------------------------------------------

file(GLOB wire_sources CONFIGURE_DEPENDS tests/wire/*.c)
file(GLOB wire_scripts CONFIGURE_DEPENDS tests/wire/*.wire)
if(EXISTS ${CMAKE_SOURCE_DIR}/tests/wire/wire_run.c)
  add_executable(wire_run ${wire_sources})
  target_link_libraries(wire_run PRIVATE sluice_proxy)
  set_target_properties(wire_run PROPERTIES RUNTIME_OUTPUT_DIRECTORY tests/wire)
endif()
# What stages stand between: whose statement, whose reply, whose server.
set(pipe_scripts ${wire_scripts})
list(FILTER pipe_scripts INCLUDE REGEX
  "/(pipeline_|copy_|cancel_(running|spares|while)|extended_|headers_cut|injected_|large_|prepared_on|server_dies|synthetic_|unknown_name|unnamed_)[a-z_]*\\.wire$")
if(TARGET wire_run AND TARGET sluice)
  add_dependencies(wire_run sluice)
  foreach(script ${wire_scripts})
    get_filename_component(name ${script} NAME_WE)
    sluice_test(wire.${name} 400 wire_run ${script})
    set_property(TEST wire.${name} APPEND PROPERTY ENVIRONMENT "SLUICE_BIN=$<TARGET_FILE:sluice>")
  endforeach()
  foreach(script ${pipe_scripts})
    get_filename_component(name ${script} NAME_WE)
    sluice_test(pipe.${name} 400 wire_run ${script})
    set_property(TEST pipe.${name} APPEND PROPERTY ENVIRONMENT
      "SLUICE_BIN=$<TARGET_FILE:sluice>" "WIRE_STATS=off")
  endforeach()
endif()

# ---- shapes ---------------------------------------------------------------------------------

# Equal shapes have equal fingerprints: on the corpus and some mutations of it, and on many in the
# long suite.
file(GLOB shape_sources CONFIGURE_DEPENDS tests/shapes/*.c)
file(GLOB shape_corpus CONFIGURE_DEPENDS tests/shapes/*.sql)
list(PREPEND shape_corpus ${CMAKE_SOURCE_DIR}/tests/shapes/traps.sql)
list(REMOVE_DUPLICATES shape_corpus)
if(shape_sources AND NOT SLUICE_SANITIZE STREQUAL "thread") # it has one thread
  add_executable(shapes_check ${shape_sources})
  target_link_libraries(shapes_check PRIVATE sluice_protocol)
  set_target_properties(shapes_check PROPERTIES RUNTIME_OUTPUT_DIRECTORY tests/shapes)
  sluice_test(shapes.corpus 300 shapes_check -n 200000 ${shape_corpus})
  if(SLUICE_LONG)
    set(mutations 20000000)
    if(SLUICE_SANITIZE) # what they watch for shows in fewer
      set(mutations 3000000)
    endif()
    sluice_test(long.shapes 2700 shapes_check -n ${mutations} -s 7 ${shape_corpus})
  endif()
endif()

# ---- stages ---------------------------------------------------------------------------------

# Sluice with the stages of tests/stages: the whole wire suite again, with stages that change
# nothing a client or server can see, and scripts of their own for those that do.
file(GLOB stage_sources CONFIGURE_DEPENDS tests/stages/*.c)
file(GLOB stage_scripts CONFIGURE_DEPENDS tests/stages/*.wire)
set(withheld_scripts ${stage_scripts})
list(FILTER withheld_scripts INCLUDE REGEX "/withheld_")
list(FILTER stage_scripts EXCLUDE REGEX "/withheld_")
set(walked_scripts ${wire_scripts})
# Half a request is sent before the rest has come: never with stages (half_statements_stay.wire).
list(FILTER walked_scripts EXCLUDE REGEX
  "/(pipeline_is_not_split|unnamed_survives_what_is_skipped)\\.wire$")

# sluice_stage_tests(PREFIX STAGES SCRIPTS...)
function(sluice_stage_tests prefix stages)
  foreach(script ${ARGN})
    get_filename_component(name ${script} NAME_WE)
    sluice_test(${prefix}.${name} 400 wire_run ${script})
    set_property(TEST ${prefix}.${name} APPEND PROPERTY ENVIRONMENT
      "SLUICE_BIN=$<TARGET_FILE:sluice_stages>" "SLUICE_TEST_STAGES=${stages}")
  endforeach()
endfunction()

if(TARGET wire_run AND stage_sources)
  add_executable(sluice_stages ${stage_sources})
  target_link_libraries(sluice_stages PRIVATE sluice_proxy)
  set_target_properties(sluice_stages PROPERTIES RUNTIME_OUTPUT_DIRECTORY tests/stages)
  add_dependencies(wire_run sluice_stages)
  sluice_stage_tests(stages tap,meter,answer,refuse,rewrite,account ${stage_scripts})
  sluice_stage_tests(stages.late watch,wait,answer,refuse,rewrite,account ${stage_scripts})
  # A CommandComplete is not shown before the ReadyForQuery that follows, when stages have on_done.
  set(split_scripts ${walked_scripts})
  list(FILTER split_scripts INCLUDE REGEX "/(copy_in_extended_sync|headers_cut_anywhere)\\.wire$")
  list(REMOVE_ITEM walked_scripts ${split_scripts})
  sluice_stage_tests(stages.no_done meter,wait,rewrite ${split_scripts})
  sluice_stage_tests(stages.wait watch,wait ${walked_scripts})
  sluice_stage_tests(stages.rewrite watch,meter,rewrite ${walked_scripts})
  sluice_stage_tests(stages.withheld tap,linger ${withheld_scripts})
  # What comes behind a ReadyForQuery that is withheld is not read before it has passed.
  set(lingering_scripts ${walked_scripts})
  list(FILTER lingering_scripts EXCLUDE REGEX "/half_a_message_is_for_nobody\\.wire$")
  sluice_stage_tests(stages.linger watch,wait,rewrite,linger ${lingering_scripts})
  # Half a row is not shown to the client either, when somebody listens.
  list(FILTER walked_scripts EXCLUDE REGEX
    "/(server_dies_mid_result|no_words_amid_a_row|suspend_passes_what_was_begun|suspend_timeout)\\.wire$")
  sluice_stage_tests(stages.tap tap,meter ${walked_scripts})
endif()

# ---- end to end -----------------------------------------------------------------------------

# sluice_e2e_tests(FOLDER PREFIX TIMEOUT): programs that start PostgreSQL and SLUICE_BIN.
function(sluice_e2e_tests folder prefix timeout)
  file(GLOB sources CONFIGURE_DEPENDS tests/${folder}/test_*.c)
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "^test_" "" short ${name})
    file(GLOB parts CONFIGURE_DEPENDS tests/${folder}/${short}_*.c)
    add_executable(${prefix}_${short} ${source} ${parts})
    target_link_libraries(${prefix}_${short} PRIVATE sluice_support)
    if(short STREQUAL "cache_history")
      target_link_libraries(${prefix}_${short} PRIVATE m)
    endif()
    if(short MATCHES "^cache_") # it drives parts of the cache itself
      target_link_libraries(${prefix}_${short} PRIVATE sluice_cache)
    endif()
    set_target_properties(${prefix}_${short} PROPERTIES RUNTIME_OUTPUT_DIRECTORY tests/${folder})
    if(TARGET sluice)
      add_dependencies(${prefix}_${short} sluice)
      sluice_test(${prefix}.${short} ${timeout} ${prefix}_${short})
      set_property(TEST ${prefix}.${short} APPEND PROPERTY
        ENVIRONMENT "SLUICE_BIN=$<TARGET_FILE:sluice>")
    endif()
  endforeach()
endfunction()

file(GLOB support_sources CONFIGURE_DEPENDS tests/support/*.c)
if(support_sources AND LIBPQ_FOUND AND CMOCKA_FOUND)
  add_library(sluice_support STATIC ${support_sources})
  target_link_libraries(sluice_support PUBLIC sluice_flags sluice_protocol PkgConfig::LIBPQ PkgConfig::CMOCKA)
  sluice_unit_tests(support sluice_support)
  set(e2e_limit 300)
  if(SLUICE_SANITIZE)
    set(e2e_limit 900)
  endif()
  sluice_e2e_tests(e2e e2e ${e2e_limit})
  # A browser, and minutes that must pass; changes that are noticed when the catalogues are looked at.
  set_tests_properties(e2e.dashboard e2e.answers e2e.shared PROPERTIES TIMEOUT 900)
  add_executable(sluice_names tests/names/main.c) # Sluice with a resolver of our own
  target_link_libraries(sluice_names PRIVATE sluice_proxy ${CMAKE_DL_LIBS})
  set_target_properties(sluice_names PROPERTIES RUNTIME_OUTPUT_DIRECTORY tests/names)
  add_dependencies(e2e_names sluice_names)
  set_property(TEST e2e.names APPEND PROPERTY ENVIRONMENT "SLUICE_BIN=$<TARGET_FILE:sluice_names>")
  add_executable(sluice_history tests/history/main.c) # one whose minutes are short
  target_link_libraries(sluice_history PRIVATE sluice_proxy)
  set_target_properties(sluice_history PROPERTIES RUNTIME_OUTPUT_DIRECTORY tests/history)
  add_dependencies(e2e_history sluice_history)
  set_property(TEST e2e.history APPEND PROPERTY ENVIRONMENT
    "SLUICE_BIN=$<TARGET_FILE:sluice_history>")
  if(NOT SLUICE_SANITIZE) # which want to be loaded before libfaketime is
    target_compile_definitions(e2e_cache_bounds PRIVATE NOT_SANITIZED)
  endif()
  add_executable(sluice_eager tests/eager/main.c) # one that reads the catalogue at once, and what asks it twice
  target_link_libraries(sluice_eager PRIVATE sluice_proxy)
  add_executable(sluice_doubler tests/forced/main.c)
  target_link_libraries(sluice_doubler PRIVATE sluice_support)
  set_target_properties(sluice_eager sluice_doubler PROPERTIES RUNTIME_OUTPUT_DIRECTORY tests/forced)
  add_dependencies(e2e_forced sluice_eager)
  set_property(TEST e2e.forced APPEND PROPERTY ENVIRONMENT "SLUICE_BIN=$<TARGET_FILE:sluice_eager>")
  # Suites of others, of whose answers all that may be come from memory.
  add_dependencies(e2e_differential sluice_eager)
  add_dependencies(e2e_answers sluice_eager)
  sluice_test(e2e.differential_forced 300 e2e_differential)
  set_property(TEST e2e.differential_forced APPEND PROPERTY ENVIRONMENT
    "SLUICE_BIN=$<TARGET_FILE:sluice_eager>" "SLUICE_DIFFERENTIAL_FORCED=1")
  sluice_test(e2e.answers_forced 300 e2e_answers)
  set_property(TEST e2e.answers_forced APPEND PROPERTY ENVIRONMENT
    "SLUICE_BIN=$<TARGET_FILE:sluice_eager>" "SLUICE_ANSWERS_FORCED=1"
    "SLUICE_CASE=random_sessions_are_answered_alike_from_memory")
  if(SLUICE_LONG)
    sluice_test(long.answers_forced 2700 e2e_answers)
    set_property(TEST long.answers_forced APPEND PROPERTY ENVIRONMENT
      "SLUICE_BIN=$<TARGET_FILE:sluice_eager>" "SLUICE_ANSWERS_FORCED=1" "SLUICE_ANSWERS_LONG=1"
      "SLUICE_CASE=random_sessions_are_answered_alike_from_memory")
  endif()
  # An allocator that fails; the sanitizers bring one of their own.
  if(NOT SLUICE_SANITIZE)
    sluice_e2e_tests(memory e2e 600)
    add_library(failing_malloc MODULE tests/memory/failing_malloc.c)
    target_include_directories(failing_malloc PRIVATE ${CMAKE_SOURCE_DIR})
    target_compile_definitions(failing_malloc PRIVATE _GNU_SOURCE)
    set_target_properties(failing_malloc PROPERTIES LIBRARY_OUTPUT_DIRECTORY tests/memory)
    add_dependencies(e2e_memory failing_malloc)
    set(memory_tests e2e.memory e2e.memory_stages)
    sluice_test(e2e.memory_stages 600 e2e_memory)
    set_property(TEST e2e.memory_stages APPEND PROPERTY ENVIRONMENT
      "SLUICE_BIN=$<TARGET_FILE:sluice_stages>" "SLUICE_TEST_STAGES=watch,wait,rewrite,linger")
    if(SLUICE_LONG)
      sluice_test(long.memory 2700 e2e_memory)
      set_property(TEST long.memory APPEND PROPERTY ENVIRONMENT
        "SLUICE_BIN=$<TARGET_FILE:sluice>" "SLUICE_MEMORY_TRIALS=2000")
      list(APPEND memory_tests long.memory)
    endif()
    set_property(TEST ${memory_tests} APPEND PROPERTY ENVIRONMENT
      "SLUICE_FAILING_MALLOC=$<TARGET_FILE:failing_malloc>")
  endif()
  # First, because they last longest, and wait most of that.
  set_property(TEST e2e.cache_history e2e.catalog e2e.dashboard e2e.differential e2e.history e2e.drivers e2e.tls
    PROPERTY COST 100)
  if(SLUICE_LONG)
    sluice_e2e_tests(long long 2700)
    set_property(TEST long.soak APPEND PROPERTY ENVIRONMENT
      "SLUICE_SOAK_SECONDS=${SLUICE_SOAK_SECONDS}")
    sluice_test(long.answers 2700 e2e_answers)
    set_property(TEST long.answers APPEND PROPERTY ENVIRONMENT
      "SLUICE_BIN=$<TARGET_FILE:sluice>" "SLUICE_ANSWERS_LONG=1")
    sluice_test(long.flood 2700 e2e_flood)
    set_property(TEST long.flood APPEND PROPERTY ENVIRONMENT
      "SLUICE_BIN=$<TARGET_FILE:sluice>" "SLUICE_FLOOD=1000000")
    # Ten million reads; with no cache PostgreSQL answers all of them. Where the machine is slow, that
    # is slow.
    sluice_test(long.cache_history 7200 e2e_cache_history)
    set(history_reads 3400000)
    if(SLUICE_SANITIZE)
      set(history_reads 100000)
    endif()
    set_property(TEST long.cache_history APPEND PROPERTY ENVIRONMENT
      "SLUICE_BIN=$<TARGET_FILE:sluice>" "SLUICE_HISTORY_READS=${history_reads}")
    sluice_test(long.cache_bounds 2700 e2e_cache_bounds)
    set_property(TEST long.cache_bounds APPEND PROPERTY ENVIRONMENT
      "SLUICE_BIN=$<TARGET_FILE:sluice>" "SLUICE_BOUNDS_LONG=1")
    sluice_test(long.drivers 2700 e2e_drivers)
    set_property(TEST long.drivers APPEND PROPERTY ENVIRONMENT
      "SLUICE_BIN=$<TARGET_FILE:sluice>" "SLUICE_DRIVERS_ALL=1")
    sluice_test(long.leaks 2700 e2e_leaks)
    set_property(TEST long.leaks APPEND PROPERTY ENVIRONMENT
      "SLUICE_BIN=$<TARGET_FILE:sluice>" "SLUICE_LEAK_ROUNDS=0 0")
  endif()
endif()

# ---- fuzz -----------------------------------------------------------------------------------

file(GLOB fuzz_sources CONFIGURE_DEPENDS tests/fuzz/fuzz_*.c)
if(NOT SLUICE_FUZZ)
  add_library(fuzz_compiled OBJECT ${fuzz_sources}) # so that they keep up with what they call
  target_link_libraries(fuzz_compiled PRIVATE sluice_proxy)
endif()
if(SLUICE_FUZZ)
  math(EXPR fuzz_timeout "${SLUICE_FUZZ_SECONDS} + 120")
  foreach(source ${fuzz_sources})
    get_filename_component(name ${source} NAME_WE)
    string(REGEX REPLACE "^fuzz_" "" short ${name})
    set(found ${CMAKE_BINARY_DIR}/tests/fuzz/found/${short})
    file(MAKE_DIRECTORY ${found})
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE sluice_proxy)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY tests/fuzz)
    # New inputs go to the build tree; the seeds in the source tree are only read.
    set(seeds "")
    if(IS_DIRECTORY ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${short})
      set(seeds ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${short})
    endif()
    sluice_test(fuzz.${short} ${fuzz_timeout}
      ${name} -max_total_time=${SLUICE_FUZZ_SECONDS} -rss_limit_mb=1024 -timeout=10
      -print_final_stats=1 -artifact_prefix=${found}/ ${found} ${seeds})
  endforeach()
endif()

# ---- lint -----------------------------------------------------------------------------------

file(GLOB lint_scripts CONFIGURE_DEPENDS tests/lint/*.sh)
foreach(script ${lint_scripts})
  get_filename_component(name ${script} NAME_WE)
  sluice_test(lint.${name} 300 sh ${script})
  set_property(TEST lint.${name} APPEND PROPERTY ENVIRONMENT "CC=${CMAKE_C_COMPILER}")
endforeach()

# ---- long -----------------------------------------------------------------------------------

if(SLUICE_LONG)
  file(GLOB long_scripts CONFIGURE_DEPENDS tests/long/*.sh)
  foreach(script ${long_scripts})
    get_filename_component(name ${script} NAME_WE)
    sluice_test(long.${name} 5400 sh ${script} ${CMAKE_BINARY_DIR})
    if(TARGET sluice)
      set_property(TEST long.${name} APPEND PROPERTY ENVIRONMENT "SLUICE_BIN=$<TARGET_FILE:sluice>")
    endif()
  endforeach()
endif()
