printf 123456 > /etc/ssl/private/token.pin
printf '$TTL 300\n@ IN SOA ns root 1 3600 600 86400 300\n@ IN NS ns\nns IN A 192.0.2.1\n' > db.token.example
