echo "to whom it may concern" > document
mkdir -p -m 700 ~/.ssh
mkdir -p /run/sshd
ssh-keygen -q -t ed25519 -N '' -f host
printf 'Port 2222\nHostKey /root/host\nPidFile none\nUsePAM no\n' > sshd_config
serve /usr/sbin/sshd -D -e -f sshd_config
printf 'Host server.example\nHostName 127.0.0.1\nPort 2222\nStrictHostKeyChecking accept-new\n' > ~/.ssh/config
