printf 123456 > /etc/ssl/private/token.pin
cat > answer.sh <<'END'
while IFS= read -r line && [ "$line" != "$(printf '\r')" ]; do :; done
printf 'HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n'
END
