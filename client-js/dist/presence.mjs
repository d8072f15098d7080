import{count as m,presence as o}from"./chunk-PKSBN6VP.mjs";import"./chunk-L5LTYAYO.mjs";export{m as count,o as presence};
