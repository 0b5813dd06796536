# tests/system/*.sh: the program as its user meets it; release build only.
file(GLOB system_scripts CONFIGURE_DEPENDS tests/system/*.sh)
foreach(file ${system_scripts})
  get_filename_component(name ${file} NAME_WE)
  add_test(NAME system/${name} COMMAND ${file})
  set_tests_properties(system/${name} PROPERTIES LABELS "system" SKIP_RETURN_CODE 77 TIMEOUT 900
    ENVIRONMENT "SALESBOT_PROGRAM=${CMAKE_BINARY_DIR}/salesbot;SOURCE_DIR=${CMAKE_SOURCE_DIR};BINARY_DIR=${CMAKE_BINARY_DIR}")
endforeach()
# tests/system/test_*.c: programs that use the modules directly.
file(GLOB system_programs CONFIGURE_DEPENDS tests/system/test_*.c)
foreach(file ${system_programs})
  get_filename_component(name ${file} NAME_WE)
  add_executable(${name} ${file})
  target_link_libraries(${name} PRIVATE ${all_modules} testing PkgConfig::JANSSON PkgConfig::MICROHTTPD)
  target_include_directories(${name} PRIVATE src)
  if(SANITIZE)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL TRUE) # they run in release
    continue()
  endif()
  add_test(NAME system/${name} COMMAND ${name})
  set_tests_properties(system/${name} PROPERTIES LABELS "system" SKIP_RETURN_CODE 77 TIMEOUT 900
    ENVIRONMENT "SALESBOT_PROGRAM=${CMAKE_BINARY_DIR}/salesbot")
endforeach()
