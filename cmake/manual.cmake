# The man page and the completions are printed by the program itself: one source.
if(TARGET salesbot AND NOT CMAKE_CROSSCOMPILING)
  set(manual ${CMAKE_BINARY_DIR}/manual)
  add_custom_command(OUTPUT ${manual}/salesbot.1 ${manual}/salesbot.bash ${manual}/_salesbot ${manual}/salesbot.fish
    COMMAND ${CMAKE_COMMAND} -E make_directory ${manual}
    COMMAND salesbot help --man >${manual}/salesbot.1
    COMMAND salesbot completion bash >${manual}/salesbot.bash
    COMMAND salesbot completion zsh >${manual}/_salesbot
    COMMAND salesbot completion fish >${manual}/salesbot.fish
    DEPENDS salesbot)
  add_custom_target(manual ALL DEPENDS ${manual}/salesbot.1)
  install(FILES ${manual}/salesbot.1 DESTINATION share/man/man1)
  install(FILES ${manual}/salesbot.bash DESTINATION share/bash-completion/completions RENAME salesbot)
  install(FILES ${manual}/_salesbot DESTINATION share/zsh/site-functions)
  install(FILES ${manual}/salesbot.fish DESTINATION share/fish/vendor_completions.d)
endif()
