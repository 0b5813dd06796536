# The page in a real browser: some flows here, all of them in `make soak`; and
# web/dist is what web/ builds.
foreach(test run build)
  add_test(NAME web/${test} COMMAND ${CMAKE_SOURCE_DIR}/tests/web/${test}.sh $<$<STREQUAL:${test},run>:smoke> COMMAND_EXPAND_LISTS)
  set_tests_properties(web/${test} PROPERTIES LABELS "system;browser" SKIP_RETURN_CODE 77 TIMEOUT 600
    RESOURCE_LOCK web_node_modules ENVIRONMENT "SALESBOT_PROGRAM=${CMAKE_BINARY_DIR}/salesbot")
endforeach()
