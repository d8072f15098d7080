var n="\nstatus",e="\njoined",s="\nsnapshot",t="\npresence";export{n as STATUS,e as JOINED,s as SNAPSHOT,t as PRESENCE};
