# libsalesbot.so: the modules behind include/salesbot/salesbot.h, nothing else visible.
set(map ${CMAKE_SOURCE_DIR}/src/api/salesbot.map)
add_library(libsalesbot SHARED $<TARGET_OBJECTS:api>)
target_link_libraries(libsalesbot PRIVATE api)
target_link_options(libsalesbot PRIVATE -Wl,--version-script=${map} -Wl,--no-undefined)
set_target_properties(libsalesbot PROPERTIES OUTPUT_NAME salesbot SOVERSION 1 VERSION 1.${PROJECT_VERSION_MINOR}.${PROJECT_VERSION_PATCH}
  LINKER_LANGUAGE C LINK_DEPENDS ${map})
configure_file(cmake/salesbot.pc.in salesbot.pc @ONLY)
install(TARGETS libsalesbot LIBRARY DESTINATION lib)
install(FILES include/salesbot/salesbot.h DESTINATION include/salesbot)
install(FILES ${CMAKE_BINARY_DIR}/salesbot.pc DESTINATION lib/pkgconfig)
