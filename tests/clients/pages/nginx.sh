# The file of the PIN, for the workers alone.
printf 123456 > /etc/nginx/token.pin
chown www-data /etc/nginx/token.pin
chmod 400 /etc/nginx/token.pin
sed 's|/etc/ssl/private/token.pin|/etc/nginx/token.pin|' openssl.cnf > /etc/nginx/openssl.cnf
